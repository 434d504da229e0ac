//! The thread that writes the journal.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Duration;

use rivet_ground::{Clock, SystemClock, limits};

use crate::journal::Journal;
use crate::progress::Progress;
use crate::write_set::RowWrite;
use crate::{CommitError, Durability, Seq, record};

/// Takes commits in order, many at a time, and says when each is durable.
pub(crate) struct Ledger {
    inbox: Receiver<Message>,
    journal: Journal,
    durability: Durability,
    progress: Arc<Progress>,
    clock: SystemClock,
    /// The commits of the group that is being made.
    group: Vec<Commit>,
    /// Their records.
    records: Vec<u8>,
    /// When to sync what was written but not synced, on the monotonic clock.
    sync_at: Option<Duration>,
}

/// What the ledger is told.
pub(crate) enum Message {
    /// Write a commit.
    Commit(Commit),
    /// Sync everything before and start a new file: the answer is the name of the one before, if there is
    /// one.
    Rotate(SyncSender<Result<Option<String>, CommitError>>),
    /// Sync everything before and end.
    Close,
}

/// A commit, or a barrier if it has no rows.
pub(crate) struct Commit {
    pub(crate) seq: Seq,
    pub(crate) rows: Vec<RowWrite>,
    pub(crate) done: Done,
}

/// Told once how a commit ended.
pub(crate) type Done = Box<dyn FnOnce(Result<(), CommitError>) + Send>;

/// Bytes of records after which a group takes no more commits.
const GROUP_BYTES: usize = 16 << 20;
/// Room for records that is kept from group to group, in bytes.
const KEPT_BYTES: usize = 1 << 20;

impl Ledger {
    pub(crate) fn new(
        inbox: Receiver<Message>,
        journal: Journal,
        durability: Durability,
        progress: Arc<Progress>,
    ) -> Self {
        let clock = SystemClock::new();
        let (group, records) = (Vec::with_capacity(limits::GROUP_TURNS), Vec::new());
        Self { inbox, journal, durability, progress, clock, group, records, sync_at: None }
    }

    /// Runs until it is told to close, or until nobody is left who could tell it anything.
    pub(crate) fn run(mut self) {
        loop {
            self.sync_if_due();
            let mut message = match self.receive() {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Close),
            };
            if let Some(Message::Commit(first)) = message {
                message = self.gather(first);
                self.commit_group();
            }
            match message {
                Some(Message::Rotate(answer)) => {
                    // Whoever asked may have given up; the file is ended all the same.
                    let _ = answer.send(self.rotate());
                }
                Some(Message::Close) => break,
                Some(Message::Commit(_)) | None => {}
            }
        }
        let _ = self.rotate();
    }

    fn receive(&self) -> Result<Message, RecvTimeoutError> {
        match self.sync_at {
            Some(at) => self.inbox.recv_timeout(at.saturating_sub(self.clock.monotonic())),
            None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Puts together a group: what is waiting, up to the bounds. Returns the message that ended it, if
    /// one did.
    fn gather(&mut self, first: Commit) -> Option<Message> {
        self.add(first);
        while self.group.len() < limits::GROUP_TURNS && self.records.len() < GROUP_BYTES {
            match self.inbox.try_recv().ok()? {
                Message::Commit(commit) => self.add(commit),
                other => return Some(other),
            }
        }
        None
    }

    fn add(&mut self, commit: Commit) {
        if !commit.rows.is_empty() {
            record::write(commit.seq, &commit.rows, &mut self.records);
        }
        self.group.push(commit);
    }

    fn commit_group(&mut self) {
        let outcome =
            if self.progress.is_poisoned() { Err(CommitError::Poisoned) } else { self.write_group() };
        self.progress.queued.fetch_sub(self.group.len(), SeqCst);
        for commit in self.group.drain(..) {
            // A callback must not take the ledger, and every other commit, down with it.
            if catch_unwind(AssertUnwindSafe(|| (commit.done)(outcome))).is_err() {
                tracing::error!(seq = commit.seq, "the callback of a commit panicked");
            }
            // Only now: whoever sees that a commit is durable may rely on its callback having run.
            if outcome.is_ok() {
                self.progress.durable_seq.store(commit.seq, SeqCst);
            }
        }
        self.records.clear();
        self.records.shrink_to(KEPT_BYTES);
    }

    fn write_group(&mut self) -> Result<(), CommitError> {
        let mut commits = self.group.iter().filter(|commit| !commit.rows.is_empty());
        let Some(first) = commits.next() else { return Ok(()) };
        let written = self.journal.append(first.seq, &self.records);
        self.check(written)?;
        self.progress.groups.fetch_add(1, SeqCst);
        self.progress.commits.fetch_add(1 + commits.count() as u64, SeqCst);
        self.progress.journal_bytes.fetch_add(self.records.len() as u64, SeqCst);
        match self.durability {
            Durability::Sync => self.sync()?,
            Durability::Interval { ms } => {
                let clock = &self.clock;
                self.sync_at.get_or_insert_with(|| clock.monotonic() + Duration::from_millis(ms));
            }
            Durability::None => {}
        }
        Ok(())
    }

    fn sync_if_due(&mut self) {
        if self.sync_at.is_some_and(|at| at <= self.clock.monotonic()) {
            // A failure poisons the store: the next commits tell.
            let _ = self.sync();
        }
    }

    fn sync(&mut self) -> Result<(), CommitError> {
        self.sync_at = None;
        self.progress.syncs.fetch_add(1, SeqCst);
        let synced = self.journal.sync();
        self.check(synced)
    }

    fn rotate(&mut self) -> Result<Option<String>, CommitError> {
        if self.progress.is_poisoned() {
            return Err(CommitError::Poisoned);
        }
        self.sync_at = None;
        let rotated = self.journal.rotate();
        self.check(rotated)
    }

    fn check<T>(&self, result: io::Result<T>) -> Result<T, CommitError> {
        result.map_err(|error| {
            self.progress.poison(&error);
            CommitError::Poisoned
        })
    }
}
