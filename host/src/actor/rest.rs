//! Sleep and its surroundings, as they are asked for from outside.

use std::time::Duration;

use rivet_ground::{ActorId, limits};
use rivet_store::Stats;
use tokio::sync::{mpsc, oneshot};

use crate::actor::awake::{Awake, Cause, State};
use crate::actor::call::{CallError, Copied, Fork, Message};
use crate::actor::exchange::Outside;
use crate::actor::live::Handle;
use crate::actor::supervisor::{Supervisor, dropped, overloaded};
use crate::actor::tally::Counts;

/// What the actors of a host are doing.
#[derive(Clone, Debug, Default)]
pub struct Vitals {
    /// Instances there are.
    pub live: usize,
    /// Instances there may be.
    pub live_max: u32,
    /// Bytes of memory that they do not share: an estimate.
    pub memory_bytes: usize,
    /// How many actors each cause keeps awake.
    pub awake: Vec<(Cause, usize)>,
    /// How many actors nothing keeps awake but that they were active a moment ago.
    pub idle: usize,
    /// Counts since the host started.
    pub counts: Counts,
    /// What the store has done since then.
    pub store: Stats,
}

impl Supervisor {
    /// Lets an actor go to sleep, and waits until it does. One that sleeps goes on sleeping.
    ///
    /// # Errors
    /// [`CallError::Actor`] if it did not start, [`CallError::Gone`] if it was destroyed instead.
    pub async fn sleep(&self, id: ActorId) -> Result<(), CallError> {
        // It may end by itself, and be started again, between being found and being told.
        while let Some(handle) = self.shared.live.get(id) {
            let (done, waiting) = oneshot::channel();
            match handle.mailbox.try_send(Box::new(Message::Sleep(done))) {
                Ok(()) => {
                    // Held on to, it would keep the channel open in which the message may be.
                    drop(handle);
                    return waiting.await.unwrap_or_else(|_| Err(dropped().into())).map(drop);
                }
                Err(mpsc::error::TrySendError::Full(_)) => {
                    return Err(overloaded("the actor has too many calls waiting").into());
                }
                Err(mpsc::error::TrySendError::Closed(_)) => tokio::task::yield_now().await,
            }
        }
        Ok(())
    }

    /// What keeps an actor awake.
    pub async fn awake(&self, id: ActorId) -> Awake {
        match self.shared.live.get(id) {
            Some(handle) => ask(&handle).await,
            None => {
                let wakes_at_ms = self.shared.directory.alarm_ms(id).unwrap_or_else(|error| {
                    tracing::error!(actor = %id, "what it is to do at what time cannot be read: {error}");
                    None
                });
                Awake { wakes_at_ms, ..Awake::default() }
            }
        }
    }

    /// Copies an actor, starting it if it does not run, under an id that is not in use. The copy is no actor before its
    /// writes are committed; then [`Supervisor::finish_copy`] is to be called, committed or not.
    ///
    /// # Errors
    /// It could not be copied, or there is none.
    pub async fn copy(&self, id: ActorId, to: ActorId) -> Result<Copied, CallError> {
        self.shared.copies.lock().insert(to);
        let (answer, waiting) = oneshot::channel();
        let copied =
            match self.handle(id).and_then(|handle| self.post(handle, Message::Fork(Fork { to, answer }))) {
                Ok(_) => waiting.await.unwrap_or_else(|_| Err(dropped().into())),
                Err(error) => Err(error),
            };
        if copied.is_err() {
            self.shared.copies.lock().remove(&to);
            self.reclaim();
        }
        copied
    }

    /// A copy is an actor now, or will never be.
    pub fn finish_copy(&self, copied: rivet_store::Claim) {
        self.shared.store.release(copied);
        self.shared.copies.lock().remove(&copied.actor());
        self.reclaim();
    }

    /// What all actors are doing.
    pub async fn vitals(&self) -> Vitals {
        let room = &self.shared.room;
        let (live, live_max, memory_bytes) = (room.taken(), room.live_max(), room.memory_bytes());
        let counts = self.shared.tally.counts();
        let handles = self.shared.live.all();
        let asked: Vec<_> = handles.iter().map(question).collect();
        let patience = tokio::time::sleep(Duration::from_millis(limits::AWAKE_ANSWER_MS));
        let mut patience = std::pin::pin!(patience);
        let mut awake: Vec<(Cause, usize)> = Cause::ALL.iter().map(|cause| (*cause, 0)).collect();
        let mut idle = 0;
        for waiting in asked {
            let answer = tokio::select! {
                biased;
                answer = waiting => answer.ok(),
                () = &mut patience => Some(Awake::busy()),
            };
            let Some(answer) = answer else { continue };
            idle += usize::from(answer.state == State::Awake && answer.causes.is_empty());
            for reason in answer.causes {
                let count = awake.iter_mut().find(|(cause, _)| *cause == reason.cause);
                count.into_iter().for_each(|(_, count)| *count += 1);
            }
        }
        let store = self.shared.store.stats();
        Vitals { live, live_max, memory_bytes, awake, idle, counts, store }
    }
}

fn question(handle: &Handle) -> oneshot::Receiver<Awake> {
    let (to, waiting) = oneshot::channel();
    // One that has ended does not answer.
    let _gone = handle.outside.send(Outside::Asked(to));
    waiting
}

async fn ask(handle: &Handle) -> Awake {
    let patience = Duration::from_millis(limits::AWAKE_ANSWER_MS);
    match tokio::time::timeout(patience, question(handle)).await {
        Ok(Ok(awake)) => awake,
        Ok(Err(_)) => Awake::default(),
        Err(_) => Awake::busy(),
    }
}
