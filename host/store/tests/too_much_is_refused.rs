//! Every queue and buffer has a bound, and what is over it is refused whole.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::sync::mpsc::{Sender, channel};

use rivet_ground::limits;
use rivet_store::{CommitError, Durability, Store, Table, WriteSet};

fn put(value_bytes: usize) -> WriteSet {
    let mut writes = WriteSet::new();
    writes.put(Table::State, "key", vec![0; value_bytes]);
    writes
}

/// Holds up the ledger until told to go on.
fn hold_up(store: &Store) -> Sender<()> {
    let (release, held) = channel();
    let (reached, holds) = channel();
    store
        .barrier(move |_| {
            reached.send(()).unwrap();
            held.recv().unwrap();
        })
        .unwrap();
    holds.recv().unwrap();
    release
}

#[test]
fn in_one_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let most = limits::TURN_WRITE_BYTES - put(0).len_bytes();
    let too_large = CommitError::TooLarge { len_bytes: limits::TURN_WRITE_BYTES + 1 };
    assert_eq!(store.commit_wait(put(most + 1)), Err(too_large));
    assert_eq!(store.get(Table::State, b"key").unwrap(), None);
    store.commit_wait(put(most)).unwrap();
    drop(store);
    let store = Store::open(dir.path(), Durability::None).unwrap();
    assert_eq!(store.get(Table::State, b"key").unwrap().unwrap().len(), most);
}

#[test]
fn in_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let release = hold_up(&store);
    for _ in 0..limits::JOURNAL_QUEUE_TURNS {
        store.barrier(|_| ()).unwrap();
    }
    assert_eq!(store.commit(put(1), |_| ()), Err(CommitError::Overloaded));
    assert_eq!(store.get(Table::State, b"key").unwrap(), None);
    release.send(()).unwrap();
    // The end of the queue is done last; then there is room again.
    while store.stats().queued > 0 {
        std::thread::yield_now();
    }
    store.commit_wait(put(1)).unwrap();
}

#[test]
fn in_memory() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    // While the ledger is held up nothing can be folded.
    let release = hold_up(&store);
    let value = bytes::Bytes::from(vec![0; 16 << 20]);
    let refused = (0..64).find_map(|_| {
        let mut writes = WriteSet::new();
        writes.put(Table::State, "key", value.clone());
        store.commit(writes, |_| ()).err()
    });
    assert_eq!(refused, Some(CommitError::Overloaded));
    assert!(store.stats().unfolded_bytes <= limits::UNFOLDED_BYTES);
    release.send(()).unwrap();
}
