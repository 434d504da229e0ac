//! The end of an instance: everyone who waits is told, and what it has not taken goes to the next one.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorError, ActorId, CallId, CloseReason, SnapshotKind, limits};
use rivet_store::{Claim, Connections, Snapshots, StoredSnapshot, WriteSet};
use tokio::sync::{mpsc, oneshot};

use crate::actor::answers::failed;
use crate::actor::bedtime::{Bedtime, abandoned, away};
use crate::actor::call::{CallError, Message};
use crate::actor::gate::not_saved;
use crate::actor::lifecycle::End;
use crate::actor::memory::Memory;
use crate::actor::said::{Said, What};
use crate::actor::start::Start;
use crate::actor::supervisor::{Shared, Supervisor, destroyed};
use crate::actor::task::ActorTask;
use crate::actor::visitors::{Stage, Visitor};
use crate::actor::waiter::{Next, Waiter};

impl ActorTask {
    /// Ends the life of the instance.
    pub(super) async fn end(self, end: End) {
        match end {
            End::Destroyed => self.remove().await,
            End::Asleep => self.sleep().await,
            End::StartFailed | End::Crashed => self.fail(end).await,
        }
    }

    /// Ends an instance that failed; the actor lives on.
    async fn fail(mut self, end: End) {
        let stopped = || ActorError::actor("stopped", "the actor stopped");
        let failure = self.failure.take().unwrap_or_else(stopped);
        // A memory that led to this is not lived on from again.
        let mut writes = self.gate.take_first();
        writes.append(std::mem::take(&mut self.after_trap));
        if let Some(connection) = self.unmourned.take() {
            Connections::delete(&mut writes, self.start.record.id, connection);
        }
        let closes = self.close_bound(&failed(&failure));
        // Before the mailbox closes: a next instance would fence what is still to be written.
        self.fail_calls(writes, &failure, closes).await;
        // They asked for no instance, and there is none.
        let slept = std::mem::take(&mut self.sleepers);
        let (supervisor, start, mut mailbox, stopping) = self.leave();
        slept.into_iter().for_each(|done| drop(done.send(Ok(Bytes::new()))));
        if end == End::StartFailed {
            let left = close(&mut mailbox);
            supervisor.shared.live.forget(&start.record, start.claim.generation());
            refuse(&supervisor, &start, left, failure).await;
        } else {
            supervisor.hand_over(&start.record, &mut mailbox);
            supervisor.see_to_leftovers(&start);
        }
        supervisor.watch_alarm(start.record.id);
        supervisor.repost_late(start.record.id, mailbox);
        drop(stopping);
    }

    /// Ends an instance whose actor sleeps: its memory is kept, and the next one goes on from it.
    async fn sleep(mut self) {
        let began = self.supervisor.shared.clock.monotonic();
        let bedtime = self.bedtime.unwrap_or(Bedtime::Asked);
        let closes = self.close_bound(&away());
        // Its own work goes on in its memory.
        let run = self.calls.extract_if(|_, waiter| matches!(waiter, Waiter::Run)).next();
        let abandoned_calls: Vec<CallId> = self.calls.keys().copied().collect();
        let mut writes = WriteSet::new();
        for call in abandoned_calls {
            writes.append(self.instance.fail_call(call, &abandoned()));
        }
        self.fail_calls(writes, &abandoned(), closes).await;
        let kept = self.keep_memory(run.map(|(call, _)| call)).await;
        let shared = &self.supervisor.shared;
        shared.tally.slept(bedtime);
        shared.tally.kept(kept.as_ref().ok().copied());
        let kept_any = kept.is_ok();
        let (actor, name, reason) = (self.start.record.id, &self.start.record.name, bedtime.name());
        let took_us = (shared.clock.monotonic() - began).as_micros();
        match kept {
            Ok(len_bytes) => tracing::debug!(%actor, %name, reason, len_bytes, took_us, "asleep"),
            // As it was asked for.
            Err(why) if self.start.launch.snapshot == SnapshotKind::None => {
                tracing::debug!(%actor, %name, reason, took_us, "asleep, without its memory: {why}");
            }
            Err(why) => tracing::warn!(%actor, %name, reason, "asleep, without its memory: {why}"),
        }
        // Behind what it kept, so that whoever hears of the sleep can rely on it.
        let done = std::mem::take(&mut self.sleepers).into_iter();
        let said = done.map(|done| Said::new(What::Answer(done.into(), Ok(Bytes::new())))).collect();
        // An older memory that is still there is not lived on from instead.
        let ends_older = if kept_any { WriteSet::new() } else { self.gate.take_first() };
        let _refused = self.gate.pass(ends_older, said).await;
        let (supervisor, start, mut mailbox, stopping) = self.leave();
        supervisor.hand_over(&start.record, &mut mailbox);
        supervisor.watch_alarm(start.record.id);
        supervisor.repost_late(start.record.id, mailbox);
        drop(stopping);
    }

    /// Keeps the memory of the instance, to be durable with what was said last; how many bytes that takes.
    ///
    /// # Errors
    /// Why it is not kept: the actor starts cold the next time.
    async fn keep_memory(&mut self, run: Option<CallId>) -> Result<usize, String> {
        let shared = self.supervisor.shared.clone();
        let is_large = self.instance.memory_bytes() > limits::LARGE_MEMORY_BYTES;
        let _turn = if is_large { Some(shared.room.keep_large().await) } else { None };
        let snapshot = self.snapshot(run, self.start.claim).await?;
        let len_bytes = snapshot.bytes.len();
        let all = Snapshots::writes(self.start.record.id, &snapshot);
        let (is_large, patience) = (all.len() > 1, self.after(limits::SNAPSHOT_WAIT_MS));
        for writes in all {
            if is_large {
                await_fold(&shared, patience).await?;
            }
            let passed = self.gate.pass(writes, Vec::new()).await;
            passed.map_err(|error| format!("it could not be saved: {error}"))?;
        }
        self.instance.leave_lines();
        Ok(len_bytes)
    }

    /// The memory of the instance, as it is kept under a claim.
    pub(super) async fn snapshot(
        &mut self,
        run: Option<CallId>,
        claim: Claim,
    ) -> Result<StoredSnapshot, String> {
        if self.start.launch.snapshot == SnapshotKind::None {
            return Err("its option `snapshot` is `none`".to_owned());
        }
        let is_copy = claim.actor() != self.start.record.id;
        if is_copy && self.start.launch.workflow {
            // Its memory would go on in the middle, and its records say nothing of that.
            return Err("its workflow is not copied, and begins anew".to_owned());
        }
        let mut image = self.instance.image().await.map_err(|error| error.to_string())?;
        if is_copy {
            image.suspended_mut().leave_queue();
        }
        let timers = self.deadlines.timers().map(|(operation, at)| (operation, self.wall_ms(at)));
        let timers = timers.collect();
        let memory = Memory { timers, responses: self.undelivered(), run, last_call: self.last_call };
        Ok(StoredSnapshot { generation: claim.generation(), bytes: memory.pack(image).await })
    }

    /// Closes the sockets that do not outlive the instance.
    fn close_bound(&mut self, reason: &CloseReason) -> Vec<Said> {
        let ends = self.visitors.extract_if(|_, visitor| !visitor.hibernates && visitor.stage == Stage::In);
        let closes = ends.map(|(connection, Visitor { outlet, .. })| {
            let (sockets, reason) = (self.sockets.clone(), reason.clone());
            Said::new(What::Close { sockets, connection, outlet, reason })
        });
        closes.collect()
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
        left.extend(self.sleepers.drain(..).map(Message::Sleep));
        let closes = vec![Said::new(What::EndAll(self.sockets.clone(), destroyed()))];
        // No code that clients try again: what it had begun was not undone before it was removed.
        let ended = ActorError::actor("aborted", "the actor was destroyed before it had answered");
        self.fail_calls(WriteSet::new(), &ended, closes).await;
        let (supervisor, start, mailbox, _stopping) = self.leave();
        supervisor.shared.live.forget(&start.record, start.claim.generation());
        if let Err(error) = &removed {
            tracing::error!(actor = %start.record.id, "the actor could not be removed: {error}");
        }
        supervisor.reclaim();
        let error = removed.map_or_else(CallError::Actor, |()| CallError::Gone);
        left.into_iter().for_each(|message| message.end(error.clone()));
        supervisor.repost_late(start.record.id, mailbox);
    }

    /// Answers the calls that the instance had taken, and closes sockets. Behind the gate, so that nothing of it overtakes
    /// what an earlier turn has said.
    async fn fail_calls(&mut self, writes: WriteSet, error: &ActorError, closes: Vec<Said>) {
        let mut said: Vec<Said> =
            self.calls.drain().filter_map(|(_, waiter)| waiter.fail(error.clone())).collect();
        for next in self.agenda.drain(..) {
            if let Next::Call(_, call) | Next::Enqueue(_, call, _) = next {
                said.push(call.asker.said(Err(error.clone())));
            }
        }
        said.extend(closes);
        // Refused, it has told those who wait.
        if let Err(refused) = self.gate.pass(writes, said).await {
            tracing::error!(actor = %self.start.record.id, "what its end leaves could not be saved: {refused}");
        }
    }

    /// Gives the instance, its claim and its place back, so that the next one can have them.
    fn leave(self) -> (Supervisor, Start, mpsc::Receiver<Box<Message>>, Option<oneshot::Sender<()>>) {
        let Self { supervisor, start, instance, place, sockets, mailbox, stopping, .. } = self;
        drop((instance, place));
        supervisor.shared.sockets.release(start.record.id, sockets);
        supervisor.shared.store.release(start.claim);
        (supervisor, start, mailbox, stopping)
    }
}

/// Waits until the store has folded most of what was written: large snapshots must not crowd out turns.
async fn await_fold(shared: &Shared, patience: Duration) -> Result<(), String> {
    while shared.store.stats().unfolded_bytes > limits::SNAPSHOT_UNFOLDED_BYTES {
        if patience <= shared.clock.monotonic() {
            return Err("the store does not get around to folding so much".to_owned());
        }
        tokio::time::sleep(Duration::from_millis(limits::EVICT_EVERY_MS)).await;
    }
    Ok(())
}

/// Ends the messages for an instance that did not start. An actor that cannot be told of its end is removed untold.
pub(super) async fn refuse(supervisor: &Supervisor, start: &Start, left: Vec<Message>, failure: ActorError) {
    let mut error = CallError::Actor(failure);
    if left.iter().any(|message| matches!(message, Message::Destroy(_))) {
        error = supervisor.remove_untold(start.record.id).await.err().unwrap_or(CallError::Gone);
    }
    left.into_iter().for_each(|message| message.end(error.clone()));
}

/// How often a mailbox is looked at for what is just being put into it.
const LOOKS: usize = 64;

/// Closes a mailbox and takes what is left in it. Whoever had a place in it may still be about to use it: that is waited for
/// a moment, and what comes even later is for [`Supervisor::repost_late`].
pub(super) fn close(mailbox: &mut mpsc::Receiver<Box<Message>>) -> Vec<Message> {
    mailbox.close();
    let mut left = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..LOOKS {
        loop {
            match mailbox.poll_recv(&mut context) {
                Poll::Ready(Some(message)) => left.push(*message),
                Poll::Ready(None) => return left,
                Poll::Pending => break,
            }
        }
        std::thread::yield_now();
    }
    left
}

impl Supervisor {
    /// Gives the actor's next instance what came into a closed mailbox after it was emptied.
    pub(super) fn repost_late(&self, id: ActorId, mut mailbox: mpsc::Receiver<Box<Message>>) {
        let mut first = match mailbox.poll_recv(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(None) => return,
            Poll::Ready(first) => first,
            Poll::Pending => None,
        };
        let supervisor = self.clone();
        tokio::spawn(async move {
            while let Some(message) = match first.take() {
                Some(first) => Some(first),
                None => mailbox.recv().await,
            } {
                match supervisor.handle(id) {
                    // After an error it has been ended.
                    Ok(handle) => drop(supervisor.post(handle, *message)),
                    Err(error) => message.end(error),
                }
            }
        });
    }
}
