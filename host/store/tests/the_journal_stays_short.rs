//! The journal is folded when it is long and when the store closes.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::path::Path;

use rivet_ground::limits;
use rivet_store::{Durability, Store, Table, WriteSet};

fn put(value_bytes: usize) -> WriteSet {
    let mut writes = WriteSet::new();
    writes.put(Table::State, "key", vec![1; value_bytes]);
    writes
}

fn journal_files(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("journal")).unwrap().count()
}

#[test]
fn when_it_is_long() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    for _ in 0..=limits::JOURNAL_FOLD_BYTES >> 20 {
        store.commit_wait(put(1 << 20)).unwrap();
    }
    // Another thread folds, without being asked.
    while store.stats().folds == 0 {
        std::thread::yield_now();
    }
    assert!(store.stats().unfolded_bytes < limits::JOURNAL_FOLD_BYTES as usize);
}

#[test]
fn when_the_store_closes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    assert_eq!(journal_files(dir.path()), 0);
    store.commit_wait(put(1)).unwrap();
    assert_eq!(journal_files(dir.path()), 1);
    store.close().unwrap();
    assert_eq!(journal_files(dir.path()), 0);
    assert_eq!(store.stats().unfolded_bytes, 0);
    drop(store);
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    assert_eq!((store.last_seq(), store.get(Table::State, b"key").unwrap().unwrap().len()), (1, 1));
}

#[test]
fn and_is_synced_at_intervals() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Interval { ms: 1 }).unwrap();
    store.commit_wait(put(1)).unwrap();
    while store.stats().syncs == 0 {
        std::thread::yield_now();
    }
    drop(store);
    let store = Store::open(dir.path(), Durability::None).unwrap();
    store.commit_wait(put(1)).unwrap();
    assert_eq!(store.stats().syncs, 0);
}
