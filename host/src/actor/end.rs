//! The end of an instance: everyone who waits is told, and what it has not taken goes to the next one.

use rivet_ground::ActorError;
use rivet_store::{Connections, WriteSet};
use tokio::sync::mpsc;

use crate::actor::answers::failed;
use crate::actor::call::{CallError, Message};
use crate::actor::gate::not_saved;
use crate::actor::lifecycle::End;
use crate::actor::said::{Said, What};
use crate::actor::start::Start;
use crate::actor::supervisor::{Supervisor, destroyed, dropped};
use crate::actor::task::ActorTask;
use crate::actor::visitors::{Stage, Visitor};
use crate::actor::waiter::Next;

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
        let mut writes = WriteSet::new();
        if let Some(connection) = self.unmourned.take() {
            Connections::delete(&mut writes, self.start.record.id, connection);
        }
        let reason = failed(&failure);
        // The others outlive the instance.
        let ends = self.visitors.extract_if(|_, visitor| !visitor.hibernates && visitor.stage == Stage::In);
        let closes = ends.map(|(connection, Visitor { outlet, .. })| {
            let (sockets, reason) = (self.sockets.clone(), reason.clone());
            Said::new(What::Close { sockets, connection, outlet, reason })
        });
        let closes = closes.collect();
        // Before the mailbox closes: a next instance would fence what is still to be written.
        self.fail_calls(writes, &failure, closes).await;
        let (supervisor, start, mut mailbox) = self.leave();
        if end == End::StartFailed {
            let left = close(&mut mailbox);
            supervisor.shared.live.forget(&start.record, start.claim.generation());
            refuse(&supervisor, &start, left, failure).await;
        } else {
            supervisor.hand_over(&start.record, &mut mailbox);
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
        let closes = vec![Said::new(What::EndAll(self.sockets.clone(), destroyed()))];
        self.fail_calls(WriteSet::new(), &dropped(), closes).await;
        let (supervisor, start, _) = self.leave();
        supervisor.shared.live.forget(&start.record, start.claim.generation());
        if let Err(error) = &removed {
            tracing::error!(actor = %start.record.id, "the actor could not be removed: {error}");
        }
        supervisor.reclaim();
        let error = removed.map_or_else(CallError::Actor, |()| CallError::Gone);
        left.into_iter().for_each(|message| message.end(error.clone()));
    }

    /// Answers the calls that the instance had taken, and closes sockets. Behind the gate, so that nothing of it overtakes
    /// what an earlier turn has said.
    async fn fail_calls(&mut self, writes: WriteSet, error: &ActorError, closes: Vec<Said>) {
        let mut said: Vec<Said> =
            self.calls.drain().filter_map(|(_, waiter)| waiter.fail(error.clone())).collect();
        for next in self.agenda.drain(..) {
            if let Next::Call(_, call) = next {
                said.push(Said::new(What::Answer(call.answer, Err(error.clone()))));
            }
        }
        said.extend(closes);
        // Refused, it has told those who wait.
        let _refused = self.gate.pass(writes, said).await;
    }

    /// Gives the instance, its claim and its place back, so that the next one can have them.
    fn leave(self) -> (Supervisor, Start, mpsc::Receiver<Message>) {
        let Self { supervisor, start, instance, room, sockets, mailbox, .. } = self;
        drop((instance, room));
        supervisor.shared.sockets.release(start.record.id, sockets);
        supervisor.shared.store.release(start.claim);
        (supervisor, start, mailbox)
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
