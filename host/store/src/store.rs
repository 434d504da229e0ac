//! The store as the other rooms see it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use rivet_ground::ActorId;
use tokio::sync::oneshot;

use crate::database::Database;
use crate::disk::Disk;
use crate::fold::{self, Bell, Wish};
use crate::journal::Journal;
use crate::layer::Layer;
use crate::ledger::Ledger;
use crate::progress::Progress;
use crate::replay::replay;
use crate::state::State;
use crate::{Claim, CommitError, DataDir, Durability, KeyRange, Stats, StoreError, Table, WriteSet};

/// The place of a commit in the order of all commits, from 1.
pub type Seq = u64;

/// An open store. Clones are cheap and are the same store; when the last one is dropped the store closes.
#[derive(Clone)]
pub struct Store {
    open: Arc<Open>,
}

/// The threads of a store, and what they share with its users.
struct Open {
    shared: Arc<Shared>,
    folder: Mutex<Option<JoinHandle<()>>>,
    ledger: Mutex<Option<JoinHandle<()>>>,
}

/// What the users of a store and its folding thread share.
pub(crate) struct Shared {
    pub(crate) state: RwLock<State>,
    /// Kept apart from the state, because the ledger changes it while committers hold the state's lock.
    pub(crate) progress: Arc<Progress>,
    pub(crate) bell: Bell,
    /// Held by the one fold that runs.
    pub(crate) fold_lock: Mutex<()>,
    pub(crate) database: Database,
    /// Last, because with it goes the lock of the directory.
    pub(crate) disk: Arc<dyn Disk>,
}

impl Store {
    /// Opens the store in a data directory, or makes one there. Commits that a crash left in the journal
    /// are folded first.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another store has it open, [`StoreError::NewerFormat`],
    /// [`StoreError::Corrupt`], or a failure of the file system or the database.
    pub fn open(dir: &Path, durability: Durability) -> Result<Self, StoreError> {
        Self::open_on(Arc::new(DataDir::open(dir)?), durability)
    }

    /// Opens the store on a disk: [`DataDir`], or one that a test makes.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_on(disk: Arc<dyn Disk>, durability: Durability) -> Result<Self, StoreError> {
        let (database, folded_seq) = Database::open(disk.as_ref())?;
        let replayed = replay(disk.as_ref(), folded_seq)?;
        let last_seq = replayed.last_seq;
        let view = database.fold(&replayed.rows, last_seq)?;
        for name in &replayed.files {
            disk.remove(name).map_err(StoreError::io("remove", name))?;
        }
        let (sender, inbox) = mpsc::channel();
        let progress = Arc::new(Progress::default());
        progress.durable_seq.store(last_seq, SeqCst);
        let journal = Journal::new(Arc::clone(&disk), durability == Durability::Sync);
        let ledger = Ledger::new(inbox, journal, durability, Arc::clone(&progress));
        let shared = Arc::new(Shared {
            state: RwLock::new(State::new(view, last_seq, sender)),
            progress,
            bell: Bell::default(),
            fold_lock: Mutex::new(()),
            database,
            disk,
        });
        let ledger = spawn("store-ledger", move || ledger.run())?;
        let folder = spawn("store-fold", {
            let shared = Arc::clone(&shared);
            move || fold::run(&shared)
        })?;
        let open = Open { shared, folder: Mutex::new(Some(folder)), ledger: Mutex::new(Some(ledger)) };
        Ok(Self { open: Arc::new(open) })
    }

    /// The value of a key, as the newest commit left it, durable or not.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        let view = {
            let state = self.open.shared.state.read();
            if let Some(unfolded) = state.unfolded(table, key) {
                return Ok(unfolded);
            }
            state.view()
        };
        view.get(table, key)
    }

    /// The rows of a range, as the newest commit left them, durable or not.
    pub fn scan(&self, table: Table, range: &KeyRange) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        self.scan_under(None, table, range)
    }

    /// The rows of a range below those of an overlay.
    pub(crate) fn scan_under(
        &self,
        over: Option<&Layer>,
        table: Table,
        range: &KeyRange,
    ) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let (rows, view) = {
            let state = self.open.shared.state.read();
            (state.unfolded_range(over, table, range), state.view())
        };
        view.scan(table, range, rows)
    }

    /// Commits a write set: all of it or nothing, after every commit before. It does no I/O: on return
    /// the writes are visible to reads, and `done` is called by the store's own thread once they are
    /// durable, in the order of the commits. An empty set is a barrier: it writes nothing, takes the
    /// number of the commit before it, and is done when that one is.
    ///
    /// `done` gets [`CommitError::Poisoned`] if the disk fails; it is not called, but dropped, when the
    /// commit is refused here. It must be quick, because all other commits wait for it, and must not call
    /// [`Store::commit_wait`], [`Store::fold`] or [`Store::close`], which wait for the thread that it
    /// runs on. If it panics, the panic is logged.
    ///
    /// # Errors
    /// All of [`CommitError`]; the commit then has changed nothing.
    pub fn commit(
        &self,
        writes: WriteSet,
        done: impl FnOnce(Result<(), CommitError>) + Send + 'static,
    ) -> Result<Seq, CommitError> {
        let shared = &self.open.shared;
        // Made before the lock is taken: what it owns is not to be dropped under the lock when the commit
        // is refused.
        let done = Box::new(done);
        let mut state = shared.state.write();
        state.admit(&writes, &shared.progress)?;
        let (seq, wish) = state.commit(writes, done, &shared.progress)?;
        drop(state);
        shared.bell.ring(wish);
        Ok(seq)
    }

    /// Commits a write set and blocks the calling thread until it is durable.
    ///
    /// # Errors
    /// All of [`CommitError`].
    pub fn commit_wait(&self, writes: WriteSet) -> Result<(), CommitError> {
        let (sender, done) = mpsc::sync_channel(1);
        self.commit(writes, move |outcome| {
            let _ = sender.send(outcome);
        })?;
        done.recv().unwrap_or(Err(CommitError::Closed))
    }

    /// Commits a write set and waits, without blocking the thread, until it is durable.
    ///
    /// # Errors
    /// All of [`CommitError`].
    pub async fn commit_durable(&self, writes: WriteSet) -> Result<(), CommitError> {
        let (done, waiting) = oneshot::channel();
        // Whoever asked may have gone; the commit stands all the same.
        self.commit(writes, move |committed| {
            let _gone = done.send(committed);
        })?;
        waiting.await.unwrap_or(Err(CommitError::Closed))
    }

    /// Calls `done` once all commits so far are durable: a commit of an empty set.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn barrier(
        &self,
        done: impl FnOnce(Result<(), CommitError>) + Send + 'static,
    ) -> Result<Seq, CommitError> {
        self.commit(WriteSet::new(), done)
    }

    /// Whether a commit is as durable as the store's [`Durability`] promises, and its `done` has returned. So right
    /// after a `done` the answer may still be no; after a later barrier it is yes.
    pub fn is_durable(&self, seq: Seq) -> bool {
        seq <= self.open.shared.progress.durable_seq.load(SeqCst)
    }

    /// The newest commit, durable or not; 0 before the first.
    pub fn last_seq(&self) -> Seq {
        self.open.shared.state.read().last_seq()
    }

    /// Claims an actor: commits under every earlier claim of it are refused from here on. The generation
    /// of the claim is durable with the first commit under it; a claim that commits nothing leaves no
    /// trace. Whoever deletes an actor also deletes its row of [`Table::Generations`] (key: the 16 bytes
    /// of the id).
    pub fn claim(&self, actor: ActorId) -> Result<Claim, StoreError> {
        // So that the read under the lock finds its page in memory.
        self.get(Table::Generations, actor.as_bytes())?;
        self.open.shared.state.write().claim(actor)
    }

    /// Gives a claim up: commits under it are refused from here on. Those before stand.
    pub fn release(&self, claim: Claim) {
        self.open.shared.state.write().release(claim);
    }

    /// Moves all commits so far from the journal to the database, and waits for it. The store does this
    /// by itself every few seconds.
    ///
    /// # Errors
    /// [`CommitError::Poisoned`] if the disk fails or has failed, [`CommitError::Closed`].
    pub fn fold(&self) -> Result<(), CommitError> {
        fold::fold(&self.open.shared)
    }

    /// Counts, and where the store stands.
    pub fn stats(&self) -> Stats {
        let shared = &self.open.shared;
        let state = shared.state.read();
        let (unfolded_bytes, last_seq) = (state.unfolded_bytes(), state.last_seq());
        let written_bytes = shared.disk.written_bytes();
        Stats { unfolded_bytes, last_seq, written_bytes, ..shared.progress.stats() }
    }

    /// Refuses new commits, finishes those before, folds them, and ends the threads of the store. Reads
    /// still work. The directory is free for another host when the last clone of the store is dropped.
    ///
    /// # Errors
    /// [`CommitError::Poisoned`] if the disk fails or has failed.
    pub fn close(&self) -> Result<(), CommitError> {
        self.open.close()
    }
}

impl Open {
    fn close(&self) -> Result<(), CommitError> {
        self.shared.state.write().close();
        self.shared.bell.ring(Wish::End);
        join(&self.folder);
        let folded = fold::fold(&self.shared);
        self.shared.state.read().close_ledger();
        join(&self.ledger);
        folded
    }

    /// Whether a callback of the ledger dropped the last store: then nobody can wait for the ledger.
    fn is_on_ledger(&self) -> bool {
        self.ledger.lock().as_ref().is_some_and(|ledger| ledger.thread().id() == thread::current().id())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.is_on_ledger() {
            // What is unfolded stays in the journal and is folded at the next open.
            self.shared.state.write().close();
            self.shared.bell.ring(Wish::End);
            self.shared.state.read().close_ledger();
        } else if let Err(error) = self.close() {
            tracing::warn!(%error, "the store was not closed cleanly");
        }
    }
}

fn join(thread: &Mutex<Option<JoinHandle<()>>>) {
    if let Some(Err(_)) = thread.lock().take().map(JoinHandle::join) {
        tracing::error!("a thread of the store panicked");
    }
}

fn spawn(name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(StoreError::io("start the thread", name))
}
