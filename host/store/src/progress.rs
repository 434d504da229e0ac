//! How far the store is.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};

use crate::Seq;

/// Counts since the store was opened, and where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that were written to the journal.
    pub commits: u64,
    /// Groups that they were written in: one write each.
    pub groups: u64,
    /// Syncs of the journal.
    pub syncs: u64,
    /// Bytes of commits that were written to the journal.
    pub journal_bytes: u64,
    /// Bytes that were written to all files: the journal, the zeros that it is filled with ahead, and the database.
    pub written_bytes: u64,
    /// Folds of the journal into the database.
    pub folds: u64,
    /// Commits and barriers that wait for the journal.
    pub queued: usize,
    /// Bytes that were committed and are not folded; a row that was written twice counts twice.
    pub unfolded_bytes: usize,
    /// The newest commit.
    pub last_seq: Seq,
    /// The newest commit that was reported as done.
    pub durable_seq: Seq,
}

/// What the threads of a store tell each other without a lock.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) commits: AtomicU64,
    pub(crate) groups: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) journal_bytes: AtomicU64,
    pub(crate) folds: AtomicU64,
    pub(crate) queued: AtomicUsize,
    pub(crate) durable_seq: AtomicU64,
    poisoned: AtomicBool,
}

impl Progress {
    /// Whether the disk has failed.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned.load(SeqCst)
    }

    /// Stops all commits, for good. What is on the disk is not known after a failed write or sync, and a
    /// second sync may report success for data that was dropped.
    pub(crate) fn poison(&self, error: &dyn std::fmt::Display) {
        if !self.poisoned.swap(true, SeqCst) {
            tracing::error!(%error, "the store's disk failed: it takes no commits until a restart");
        }
    }

    /// The counts; what only the state knows is left at zero.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            commits: self.commits.load(SeqCst),
            groups: self.groups.load(SeqCst),
            syncs: self.syncs.load(SeqCst),
            journal_bytes: self.journal_bytes.load(SeqCst),
            folds: self.folds.load(SeqCst),
            queued: self.queued.load(SeqCst),
            durable_seq: self.durable_seq.load(SeqCst),
            ..Stats::default()
        }
    }
}
