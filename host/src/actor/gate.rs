//! Holds back what a turn said until the turn is durable.

use std::sync::Arc;

use rivet_ground::{ActorError, Outcome, limits};
use rivet_store::{Claim, CommitError, Seq, Store, WriteSet};
use tokio::sync::{Semaphore, oneshot};

use crate::actor::call::{CallError, Reply};

/// An answer on its way to its caller.
pub(super) struct Answer {
    pub(super) to: oneshot::Sender<Reply>,
    pub(super) outcome: Outcome,
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
    /// After an error nothing of the turn was written, and its callers find their answers dropped.
    pub(super) async fn pass(&mut self, writes: WriteSet, answers: Vec<Answer>) -> Result<(), CommitError> {
        if writes.is_empty() {
            if answers.is_empty() {
                return Ok(());
            }
            if self.store.is_durable(self.last) {
                deliver(answers, Ok(()));
                return Ok(());
            }
        }
        let permit = self.room.clone().acquire_owned().await.map_err(|_| CommitError::Closed)?;
        self.last = self.store.commit(writes.fenced(self.claim), move |committed| {
            drop(permit);
            deliver(answers, committed);
        })?;
        Ok(())
    }

    /// Commits, and waits until that is durable.
    pub(super) async fn pass_and_wait(&self, writes: WriteSet) -> Result<(), CommitError> {
        self.store.commit_durable(writes.fenced(self.claim)).await
    }
}

fn deliver(answers: Vec<Answer>, committed: Result<(), CommitError>) {
    for Answer { to, outcome } in answers {
        let reply = match committed {
            Ok(()) => outcome.map_err(CallError::Actor),
            Err(error) => Err(CallError::Actor(commit_failed(error))),
        };
        let _gone = to.send(reply);
    }
}

/// What a caller sees of a commit that failed.
pub(super) fn commit_failed(error: CommitError) -> ActorError {
    ActorError::actor("dropped_reply", format!("the turn could not be saved: {error}"))
}
