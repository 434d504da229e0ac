//! The thread that moves rows from the journal to the database.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rivet_ground::limits;

use crate::CommitError;
use crate::store::Shared;

/// How soon a fold is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// Not at all.
    #[default]
    None,
    /// After a while.
    Soon,
    /// At once.
    Now,
    /// Never again.
    End,
}

/// Tells the thread what is wished for.
#[derive(Default)]
pub(crate) struct Bell {
    wish: Mutex<Wish>,
    rung: Condvar,
}

impl Bell {
    /// Wishes for a fold, if nothing sooner is wished for.
    pub(crate) fn ring(&self, wish: Wish) {
        if wish > Wish::None {
            let mut current = self.wish.lock();
            if wish > *current {
                *current = wish;
                self.rung.notify_one();
            }
        }
    }

    /// Waits until a fold is due. False once there is to be none any more.
    fn wait(&self) -> bool {
        let mut wish = self.wish.lock();
        self.rung.wait_while(&mut wish, |wish| *wish == Wish::None);
        self.rung.wait_while_for(
            &mut wish,
            |wish| *wish == Wish::Soon,
            Duration::from_millis(limits::FOLD_AFTER_MS),
        );
        if *wish != Wish::End {
            *wish = Wish::None;
        }
        *wish != Wish::End
    }
}

/// Folds whenever it is due, until told to end.
pub(crate) fn run(shared: &Arc<Shared>) {
    while shared.bell.wait() {
        // A failure poisons the store: the next commits tell. What is unfolded stays in the journal.
        let _ = fold(shared);
    }
}

/// Folds all commits so far. Must not be called by the ledger, which it waits for.
pub(crate) fn fold(shared: &Shared) -> Result<(), CommitError> {
    let _one_at_a_time = shared.fold_lock.lock();
    if shared.progress.is_poisoned() {
        return Err(CommitError::Poisoned);
    }
    let Some(fold) = shared.state.write().begin_fold()? else { return Ok(()) };
    let journal_file = fold.rotated.recv().unwrap_or(Err(CommitError::Closed))?;
    let view = shared.database.fold(&fold.rows, fold.last_seq).map_err(|error| {
        shared.progress.poison(&error);
        CommitError::Poisoned
    })?;
    shared.state.write().end_fold(view);
    shared.progress.folds.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    if let Some(file) = journal_file
        && let Err(error) = shared.disk.remove(&file)
    {
        // It costs room, and nothing else: the next open knows that it is folded, and removes it.
        tracing::warn!(file, %error, "cannot remove a journal file that was folded");
    }
    Ok(())
}
