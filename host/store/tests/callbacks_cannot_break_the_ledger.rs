//! What a `done` does is its own trouble.

use std::sync::mpsc::channel;

use rivet_store::{CommitError, Durability, Store, Table, WriteSet};

fn put() -> WriteSet {
    let mut writes = WriteSet::new();
    writes.put(Table::State, "key", "value");
    writes
}

#[test]
fn by_panicking() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    store.commit(put(), |_| panic!("thrown by the test")).unwrap();
    store.commit_wait(put()).unwrap();
    assert_eq!(store.stats().commits, 2);
}

#[test]
fn by_committing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    let (sender, done) = channel();
    let again = store.clone();
    let next = move |first| {
        again.commit(put(), move |second| sender.send((first, second)).unwrap()).unwrap();
    };
    store.commit(put(), next).unwrap();
    assert_eq!(done.recv().unwrap(), (Ok(()), Ok(())));
}

/// A turn that only reads answers at once when every commit before it is durable: that answer must not
/// overtake the answers of those commits.
#[test]
fn a_commit_is_durable_only_after_its_callback() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    let (sender, seen) = channel();
    for seq in 1..=4 {
        let (reader, sender) = (store.clone(), sender.clone());
        let look = move |_| sender.send((reader.is_durable(seq - 1), reader.is_durable(seq))).unwrap();
        store.commit(put(), look).unwrap();
    }
    drop(sender);
    assert_eq!(seen.iter().collect::<Vec<_>>(), [(true, false); 4]);
}

#[test]
fn by_dropping_the_last_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    let (last, (sender, done)) = (store.clone(), channel());
    let (release, held) = channel::<()>();
    let drop_last = move |outcome| {
        held.recv().unwrap();
        drop(last);
        sender.send(outcome).unwrap();
    };
    store.commit(put(), drop_last).unwrap();
    drop(store);
    release.send(()).unwrap();
    assert_eq!(done.recv().unwrap(), Ok(()));
}

#[test]
fn and_a_closed_store_calls_none() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    store.close().unwrap();
    assert_eq!(store.commit(put(), |_| panic!("called")), Err(CommitError::Closed));
    assert_eq!(store.get(Table::State, b"key").unwrap(), None);
}
