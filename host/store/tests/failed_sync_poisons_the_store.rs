//! After a failed write or sync nothing is acknowledged any more.

use std::sync::Arc;
use std::sync::mpsc::channel;

use rivet_store::{CommitError, Durability, Store, Table, WriteSet};

mod power_loss;
use power_loss::{PowerLossDisk, Unsynced};

fn put(value: &'static str) -> WriteSet {
    let mut writes = WriteSet::new();
    writes.put(Table::State, "key", value);
    writes
}

#[test]
fn for_good() {
    let disk = PowerLossDisk::default();
    let store = Store::open_on(Arc::new(disk.clone()), Durability::Sync).unwrap();
    store.commit_wait(put("acknowledged")).unwrap();
    store.commit_wait(WriteSet::new()).unwrap();
    disk.refuse_syncs();
    assert_eq!(store.commit_wait(put("lost")), Err(CommitError::Poisoned));
    assert_eq!(store.commit_wait(put("refused")), Err(CommitError::Poisoned));
    assert_eq!(store.commit_wait(WriteSet::new()), Err(CommitError::Poisoned), "a barrier");
    assert_eq!(store.fold(), Err(CommitError::Poisoned));
    assert!(store.is_durable(1) && !store.is_durable(2));
    assert_eq!(store.close(), Err(CommitError::Poisoned));
    drop(store);

    let store = Store::open_on(Arc::new(disk.after_power_loss(Unsynced::Lost, 0)), Durability::Sync).unwrap();
    assert_eq!(store.get(Table::State, b"key").unwrap().unwrap(), "acknowledged");
}

#[test]
fn for_everything_in_the_queue() {
    let disk = PowerLossDisk::default();
    let store = Store::open_on(Arc::new(disk.clone()), Durability::Sync).unwrap();
    let (sender, done) = channel();
    let (release, held) = channel::<()>();
    let (reached, holds) = channel();
    store
        .barrier(move |_| {
            reached.send(()).unwrap();
            held.recv().unwrap();
        })
        .unwrap();
    holds.recv().unwrap();
    for _ in 0..5 {
        let sender = sender.clone();
        store.commit(put("queued"), move |outcome| sender.send(outcome).unwrap()).unwrap();
    }
    disk.fail_at(1);
    release.send(()).unwrap();
    assert!(done.iter().take(5).all(|outcome| outcome == Err(CommitError::Poisoned)));
}

#[test]
fn when_the_fold_fails() {
    let disk = PowerLossDisk::default();
    let store = Store::open_on(Arc::new(disk.clone()), Durability::None).unwrap();
    store.commit_wait(put("journaled")).unwrap();
    // The sync of the journal is the first step; the writes to the database are the next.
    disk.fail_at(3);
    assert_eq!(store.fold(), Err(CommitError::Poisoned));
    assert_eq!(store.commit_wait(put("refused")), Err(CommitError::Poisoned));
    assert_eq!(store.get(Table::State, b"key").unwrap().unwrap(), "journaled");
    drop(store);

    let store = Store::open_on(Arc::new(disk.after_power_loss(Unsynced::Lost, 0)), Durability::None).unwrap();
    assert_eq!(store.get(Table::State, b"key").unwrap().unwrap(), "journaled");
}
