//! Holds back what a turn said until the turn is durable.

use std::sync::Arc;

use rivet_ground::{ActorError, Outcome, limits};
use rivet_store::{Claim, CommitError, Seq, Store, WriteSet};
use tokio::sync::{Semaphore, oneshot};

use crate::actor::call::{CallError, Reply};

/// An answer on its way to its caller. One that is dropped tells the caller that it was.
pub(super) struct Answer {
    to: Option<oneshot::Sender<Reply>>,
    outcome: Outcome,
}

/// The gate of one instance. Answers leave in the order of the turns that gave them.
pub(super) struct Gate {
    store: Store,
    claim: Claim,
    /// The newest commit that this actor's turns may have read from.
    last: Seq,
    /// Bounds the turns that are on their way to the disk.
    room: Arc<Semaphore>,
}

impl Gate {
    /// A gate for the holder of a claim. What the store has now may not be durable yet, and the
    /// instance is about to read it: so its first answers wait for that, too.
    pub(super) fn new(store: Store, claim: Claim) -> Self {
        let last = store.last_seq();
        Self { store, claim, last, room: Arc::new(Semaphore::new(limits::UNCOMMITTED_TURNS)) }
    }

    /// Commits what a turn wrote, and lets its answers out when that is durable. Waits only when too many turns
    /// of this actor are not durable yet.
    ///
    /// After an error nothing of the turn was written, and its callers have been told.
    pub(super) async fn pass(&mut self, writes: WriteSet, answers: Vec<Answer>) -> Result<(), CommitError> {
        if writes.is_empty() {
            let none_before = self.room.available_permits() == limits::UNCOMMITTED_TURNS;
            if answers.is_empty() || (none_before && self.store.is_durable(self.last)) {
                deliver(answers, Ok(()));
                return Ok(());
            }
        }
        let permit = self.room.clone().acquire_owned().await.map_err(|_| CommitError::Closed)?;
        self.last = self.store.commit(self.claimed(writes), move |committed| {
            deliver(answers, committed);
            // Only now may an answer of a later turn that needs no commit leave.
            drop(permit);
        })?;
        Ok(())
    }

    /// Commits, and waits until that is durable.
    pub(super) async fn pass_and_wait(&self, writes: WriteSet) -> Result<(), CommitError> {
        self.store.commit_durable(self.claimed(writes)).await
    }

    /// Writes need the claim. A barrier does not: an answer that only waits is as true when another instance has
    /// taken over.
    fn claimed(&self, writes: WriteSet) -> WriteSet {
        if writes.is_empty() { writes } else { writes.fenced(self.claim) }
    }
}

impl Answer {
    pub(super) fn new(to: oneshot::Sender<Reply>, outcome: Outcome) -> Self {
        Self { to: Some(to), outcome }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(to) = self.to.take() {
            let _gone = to.send(Err(not_saved("its commit was refused").into()));
        }
    }
}

fn deliver(answers: Vec<Answer>, committed: Result<(), CommitError>) {
    for mut answer in answers {
        let outcome = std::mem::replace(&mut answer.outcome, Ok(bytes::Bytes::new()));
        let reply = match committed {
            Ok(()) => outcome.map_err(CallError::Actor),
            Err(error) => Err(not_saved(error).into()),
        };
        let _gone = answer.to.take().map(|to| to.send(reply));
    }
}

/// What a caller sees of a turn that was not saved, or that perhaps was: no code that clients try again, for a second
/// try could do the work twice.
pub(super) fn not_saved(reason: impl std::fmt::Display) -> ActorError {
    ActorError::new("core", "internal_error", format!("the turn could not be saved: {reason}"))
}
