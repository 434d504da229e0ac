//! The end of an instance: everyone who waits is told, and what it has not taken goes to the next one.

use rivet_ground::ActorError;
use rivet_store::WriteSet;
use tokio::sync::mpsc;

use crate::actor::call::{CallError, Message};
use crate::actor::gate::{Answer, not_saved};
use crate::actor::lifecycle::End;
use crate::actor::start::Start;
use crate::actor::supervisor::Supervisor;
use crate::actor::task::ActorTask;

impl ActorTask {
    /// Ends the life of the instance.
    pub(super) async fn end(self, end: End) {
        match end {
            End::Destroyed => self.remove().await,
            End::StartFailed | End::Crashed => self.fail(end).await,
        }
    }

    /// Ends an instance that failed; the actor lives on.
    async fn fail(mut self, end: End) {
        let stopped = || ActorError::actor("stopped", "the actor stopped");
        let failure = self.failure.take().unwrap_or_else(stopped);
        let left = close(&mut self.mailbox);
        self.fail_calls(&failure).await;
        let (supervisor, start) = self.leave();
        if end == End::StartFailed {
            refuse(&supervisor, &start, left, failure).await;
        } else {
            supervisor.repost(start.record.id, left);
        }
    }

    /// Removes everything the actor has, in one commit.
    async fn remove(mut self) {
        let shared = &self.supervisor.shared;
        let removed = match shared.directory.remove(&self.start.record, shared.clock.now_ms()) {
            // Before the mailbox closes: whoever finds it closed finds the actor destroyed, and starts no instance
            // that would fence this commit.
            Ok(writes) => self.gate.pass_and_wait(writes).await.map_err(not_saved),
            Err(error) => Err(not_saved(error)),
        };
        let mut left = close(&mut self.mailbox);
        left.extend(self.destroyers.drain(..).map(Message::Destroy));
        self.fail_calls(&ActorError::actor("destroying", "the actor was destroyed")).await;
        let (supervisor, start) = self.leave();
        if let Err(error) = &removed {
            tracing::error!(actor = %start.record.id, "the actor could not be removed: {error}");
        }
        supervisor.reclaim();
        let error = removed.map_or_else(CallError::Actor, |()| CallError::Gone);
        left.into_iter().for_each(|message| message.end(error.clone()));
    }

    /// Answers the calls that the instance had taken. Behind the gate, so that no answer overtakes one of an earlier turn.
    async fn fail_calls(&mut self, error: &ActorError) {
        let calls = self.calls.drain().map(|(_, waiting)| Answer::new(waiting.answer, Err(error.clone())));
        let answers = calls.collect();
        // Refused, the answers have told their callers so.
        let _refused = self.gate.pass(WriteSet::new(), answers).await;
    }

    /// Gives the instance and its place back, so that the next one can have them.
    fn leave(self) -> (Supervisor, Start) {
        let Self { supervisor, start, instance, room, .. } = self;
        drop((instance, room));
        supervisor.shared.live.forget(&start.record, start.claim.generation());
        supervisor.shared.store.release(start.claim);
        (supervisor, start)
    }
}

/// Ends the messages for an instance that did not start. An actor that cannot be told of its end is removed untold.
pub(super) async fn refuse(supervisor: &Supervisor, start: &Start, left: Vec<Message>, failure: ActorError) {
    let mut error = CallError::Actor(failure);
    if left.iter().any(|message| matches!(message, Message::Destroy(_))) {
        error = supervisor.remove_untold(start.record.id).await.err().unwrap_or(CallError::Gone);
    }
    left.into_iter().for_each(|message| message.end(error.clone()));
}

/// Closes a mailbox and takes what is left in it.
pub(super) fn close(mailbox: &mut mpsc::Receiver<Message>) -> Vec<Message> {
    mailbox.close();
    let mut left = Vec::new();
    while let Ok(message) = mailbox.try_recv() {
        left.push(message);
    }
    left
}
