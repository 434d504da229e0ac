//! How fast the store commits, beside a bare log that appends and syncs in groups: the floor under any
//! ledger.
//!
//! 32 committers, each waiting for its commit; a commit is 512 bytes of state and a small row.
//! Run with `cargo bench -p rivet-store`. `BENCH_DIR` names a directory on the disk to measure.

#![allow(clippy::print_stdout, reason = "the figures are for people")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that fails panics")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use rivet_ground::{Clock, SystemClock};
use rivet_store::{Durability, KeyRange, Store, Table, WriteSet};

const COMMITTERS: usize = 32;
const TURNS: usize = 9;
const TURN_MS: u64 = 700;
const STATE_BYTES: usize = 512;
const ACTORS: u64 = 1_000;
/// What one commit of this benchmark is in the journal, in bytes.
const RECORD_BYTES: usize = 16 + (9 + 16 + STATE_BYTES) + (9 + 24 + 8);

fn main() {
    let dir = match std::env::var_os("BENCH_DIR") {
        Some(dir) => tempfile::tempdir_in(dir),
        None => tempfile::tempdir(),
    };
    let dir = dir.unwrap();
    println!("fdatasync of {RECORD_BYTES} bytes, one thread:");
    let grows = syncs_per_second(&dir.path().join("grows"), 0);
    let filled = syncs_per_second(&dir.path().join("filled"), 64 << 20);
    println!("  growing file {grows:>8.0}/s\n  filled ahead {filled:>8.0}/s  ({:.2} times)", filled / grows);

    println!("commits a second, {COMMITTERS} committers, in turns of {TURN_MS} ms:");
    let logs =
        [BareLog::open(&dir.path().join("log"), 0), BareLog::open(&dir.path().join("log-filled"), 512 << 20)];
    let store = Store::open(&dir.path().join("store"), Durability::Sync).unwrap();
    let mut ratios = Vec::new();
    for _ in 0..TURNS {
        let [bare, filled] = [&logs[0], &logs[1]].map(|log| together(|_| log.append()));
        let rate = together(|number| commit(&store, number));
        println!(
            "  bare log {bare:>7.0}, filled ahead {filled:>7.0}, store {rate:>7.0}  ({:.2})",
            rate / bare
        );
        ratios.push(rate / bare);
    }
    ratios.sort_by(f64::total_cmp);
    println!("  store / bare log, median: {:.2}", ratios[ratios.len() / 2]);
    let stats = store.stats();
    let group = stats.commits as f64 / stats.groups as f64;
    println!("  {group:.1} commits a group, {} groups, {} folds", stats.groups, stats.folds);
    drop(store);
    for durability in [Durability::Interval { ms: 100 }, Durability::None] {
        let dir = dir.path().join(durability.to_string().replace(':', "-"));
        let store = Store::open(&dir, durability).unwrap();
        println!("  store at {durability}: {:.0}", together(|number| commit(&store, number)));
    }
    reads(&dir.path().join("store"));
}

/// Appends and syncs from one thread.
fn syncs_per_second(path: &Path, filled_bytes: usize) -> f64 {
    let file = File::create_new(path).unwrap();
    file.write_all_at(&vec![0; filled_bytes], 0).unwrap();
    file.sync_all().unwrap();
    let record = [7; RECORD_BYTES];
    let mut offset = 0;
    per_second(1, TURN_MS, |_| {
        file.write_all_at(&record, offset).unwrap();
        file.sync_data().unwrap();
        offset += RECORD_BYTES as u64;
    })
}

/// Calls `work` on one thread for a while.
fn per_second(batch: u64, run_ms: u64, mut work: impl FnMut(u64)) -> f64 {
    let clock = SystemClock::new();
    let mut done = 0;
    while clock.monotonic() < Duration::from_millis(run_ms) {
        (0..batch).for_each(|index| work(done + index));
        done += batch;
    }
    done as f64 / clock.monotonic().as_secs_f64()
}

/// Calls `work` on all committers for a while.
fn together(work: impl Fn(u64) + Sync) -> f64 {
    let next = AtomicU64::new(0);
    let clock = SystemClock::new();
    thread::scope(|scope| {
        for _ in 0..COMMITTERS {
            scope.spawn(|| {
                while clock.monotonic() < Duration::from_millis(TURN_MS) {
                    work(next.fetch_add(1, SeqCst));
                }
            });
        }
    });
    next.load(SeqCst) as f64 / clock.monotonic().as_secs_f64()
}

/// The floor: a thread that appends what is waiting, syncs, and answers.
struct BareLog {
    inbox: Sender<SyncSender<()>>,
}

impl BareLog {
    fn open(path: &Path, filled_bytes: usize) -> Self {
        let file = File::create_new(path).unwrap();
        file.write_all_at(&vec![0; filled_bytes], 0).unwrap();
        file.sync_all().unwrap();
        let (inbox, waiting): (Sender<SyncSender<()>>, Receiver<SyncSender<()>>) = channel();
        thread::spawn(move || {
            let mut offset = 0;
            while let Ok(first) = waiting.recv() {
                let group: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(511)).collect();
                file.write_all_at(&vec![7; group.len() * RECORD_BYTES], offset).unwrap();
                file.sync_data().unwrap();
                offset += (group.len() * RECORD_BYTES) as u64;
                group.iter().for_each(|answer| answer.send(()).unwrap());
            }
        });
        Self { inbox }
    }

    fn append(&self) {
        let (answer, done) = sync_channel(1);
        self.inbox.send(answer).unwrap();
        done.recv().unwrap();
    }
}

fn commit(store: &Store, number: u64) {
    let mut writes = WriteSet::new();
    writes.put(Table::State, key(number, 16), vec![7; STATE_BYTES]);
    writes.put(Table::Kv, key(number, 24), number.to_be_bytes().to_vec());
    store.commit_wait(writes).unwrap();
}

fn key(number: u64, len_bytes: usize) -> Vec<u8> {
    let mut key = vec![0; len_bytes];
    key[..8].copy_from_slice(&(number % ACTORS).to_be_bytes());
    key
}

/// Reads of one thread, from the database and from memory.
fn reads(dir: &Path) {
    let clock = SystemClock::new();
    let store = Store::open(dir, Durability::None).unwrap();
    println!("open: {:.1} ms", clock.monotonic().as_secs_f64() * 1e3);
    for place in ["folded", "unfolded"] {
        let get = per_second(1_000, 300, |number| {
            assert!(store.get(Table::State, &key(number, 16)).unwrap().is_some());
        });
        let scan = per_second(100, 300, |number| {
            let range = KeyRange::prefix(&key(number, 16)[..8], 10);
            assert_eq!(store.scan(Table::Kv, &range).unwrap().len(), 1);
        });
        println!("{place}: get {:.2} us, scan of one row {:.2} us", 1e6 / get, 1e6 / scan);
        for number in 0..ACTORS {
            let mut writes = WriteSet::new();
            writes.put(Table::State, key(number, 16), vec![7; STATE_BYTES]);
            writes.put(Table::Kv, key(number, 24), vec![7; 8]);
            store.commit_wait(writes).unwrap();
        }
    }
    let mut turn = 0u64;
    let commit = per_second(100, 300, |number| {
        let mut writes = WriteSet::new();
        writes.put(Table::State, key(number, 16), vec![7; STATE_BYTES]);
        turn += store.commit(writes, |_| ()).is_ok() as u64;
        if number % 1_000 == 0 {
            store.commit_wait(WriteSet::new()).unwrap();
        }
    });
    println!("commit, not waited for: {:.2} us", 1e6 / commit);
}
