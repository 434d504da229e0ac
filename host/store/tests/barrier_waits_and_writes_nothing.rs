//! A commit of nothing is done when everything before it is, and costs no I/O.

use std::sync::Arc;
use std::sync::mpsc::channel;

use rivet_store::{Durability, Store, Table, WriteSet};

mod power_loss;
use power_loss::PowerLossDisk;

fn put(value: &'static str) -> WriteSet {
    let mut writes = WriteSet::new();
    writes.put(Table::State, "key", value);
    writes
}

#[test]
fn after_what_came_before() {
    let store = Store::open_on(Arc::new(PowerLossDisk::default()), Durability::Sync).unwrap();
    let (sender, done) = channel();
    let note = |name: &'static str| {
        let sender = sender.clone();
        move |outcome| sender.send((name, outcome)).unwrap()
    };
    let first = store.commit(put("1"), note("commit 1")).unwrap();
    let barrier = store.barrier(note("barrier")).unwrap();
    let second = store.commit(put("2"), note("commit 2")).unwrap();
    assert_eq!((first, barrier, second), (1, 1, 2));
    let order: Vec<_> = done.iter().take(3).collect();
    assert_eq!(order, [("commit 1", Ok(())), ("barrier", Ok(())), ("commit 2", Ok(()))]);
    store.commit_wait(WriteSet::new()).unwrap();
    assert!(store.is_durable(second) && !store.is_durable(second + 1));
}

#[test]
fn without_io() {
    let disk = PowerLossDisk::default();
    let store = Store::open_on(Arc::new(disk.clone()), Durability::Sync).unwrap();
    store.commit_wait(put("1")).unwrap();
    store.commit_wait(WriteSet::new()).unwrap();
    let (steps, stats) = (disk.steps(), store.stats());
    for _ in 0..10 {
        store.commit_wait(WriteSet::new()).unwrap();
    }
    assert_eq!((disk.steps(), store.stats()), (steps, stats));
    store.commit_wait(put("2")).unwrap();
    assert!(disk.steps() > steps);
}
