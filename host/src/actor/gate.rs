//! Holds back what a turn said until the turn is durable.

use std::sync::Arc;

use rivet_ground::{ActorError, limits};
use rivet_store::{Claim, CommitError, Seq, Store, WriteSet};
use tokio::sync::Semaphore;

use crate::actor::said::Said;

/// The gate of one instance. What turns said leaves in the order of the turns that said it.
pub(super) struct Gate {
    store: Store,
    claim: Claim,
    /// The newest commit that this actor's turns may have read from.
    last: Seq,
    /// What goes with whatever passes first.
    first: WriteSet,
    /// Bounds the turns that are on their way to the disk.
    room: Arc<Semaphore>,
}

impl Gate {
    /// A gate for the holder of a claim. What the store has now may not be durable yet, and the
    /// instance is about to read it: so what it first says waits for that, too.
    ///
    /// The writes of `first` go with whatever passes first: nothing is heard of the instance before they are durable.
    pub(super) fn new(store: Store, claim: Claim, first: WriteSet) -> Self {
        let last = store.last_seq();
        Self { store, claim, last, first, room: Arc::new(Semaphore::new(limits::UNCOMMITTED_TURNS)) }
    }

    /// Commits what a turn wrote, and lets out what it said when that is durable. Waits only when too many turns
    /// of this actor are not durable yet.
    ///
    /// After an error nothing of the turn was written, and those who wait for it have been told.
    pub(super) async fn pass(&mut self, mut writes: WriteSet, said: Vec<Said>) -> Result<(), CommitError> {
        if !writes.is_empty() || !said.is_empty() {
            // Before the others: what they put is not what it ends.
            let mut first = self.take_first();
            first.append(writes);
            writes = first;
        }
        if writes.is_empty() {
            let none_before = self.room.available_permits() == limits::UNCOMMITTED_TURNS;
            if said.is_empty() || (none_before && self.store.is_durable(self.last)) {
                said.into_iter().for_each(|said| said.leave(Ok(())));
                return Ok(());
            }
        }
        let permit = self.room.clone().acquire_owned().await.map_err(|_| CommitError::Closed)?;
        self.last = self.store.commit(self.claimed(writes), move |committed| {
            let failure = committed.err().map(|error| error.to_string());
            let saved = failure.as_deref().map_or(Ok(()), Err);
            said.into_iter().for_each(|said| said.leave(saved));
            // Only now may what a later turn says that needs no commit leave.
            drop(permit);
        })?;
        Ok(())
    }

    /// What was to go with whatever passes first, if nothing has passed yet.
    pub(super) fn take_first(&mut self) -> WriteSet {
        std::mem::take(&mut self.first)
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

/// What a caller sees of a turn that was not saved, or that perhaps was: no code that clients try again, for a second
/// try could do the work twice.
pub(super) fn not_saved(reason: impl std::fmt::Display) -> ActorError {
    ActorError::new("core", "internal_error", format!("the turn could not be saved: {reason}"))
}
