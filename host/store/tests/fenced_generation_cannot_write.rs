//! The newest claim of an actor alone may write, and generations go up over restarts.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use rivet_ground::ActorId;
use rivet_store::{Claim, CommitError, Durability, Store, Table, WriteSet};

fn actor() -> ActorId {
    ActorId::new(1, [2; 10])
}

fn write(store: &Store, claim: Claim, value: &'static str) -> Result<(), CommitError> {
    let mut writes = WriteSet::new().fenced(claim);
    writes.put(Table::State, "key", value);
    store.commit_wait(writes)
}

fn state(store: &Store) -> Option<bytes::Bytes> {
    store.get(Table::State, b"key").unwrap()
}

#[test]
fn an_older_claim_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let first = store.claim(actor()).unwrap();
    write(&store, first, "first").unwrap();
    let second = store.claim(actor()).unwrap();
    assert_eq!((first.generation(), second.generation()), (1, 2));
    assert_eq!(write(&store, first, "late"), Err(CommitError::Fenced));
    assert_eq!(state(&store).unwrap(), "first");
    write(&store, second, "second").unwrap();

    store.release(first);
    write(&store, second, "third").unwrap();
    store.release(second);
    assert_eq!(write(&store, second, "late"), Err(CommitError::Fenced));
    assert_eq!(state(&store).unwrap(), "third");
}

#[test]
fn a_claim_that_never_committed_is_fenced_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let first = store.claim(actor()).unwrap();
    let second = store.claim(actor()).unwrap();
    assert_eq!((first.generation(), second.generation()), (1, 1));
    assert_eq!(write(&store, first, "late"), Err(CommitError::Fenced));
    assert_eq!(state(&store), None);
}

#[test]
fn generations_that_committed_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    for generation in 1..=3 {
        let store = Store::open(dir.path(), Durability::None).unwrap();
        let claim = store.claim(actor()).unwrap();
        assert_eq!(claim.generation(), generation);
        write(&store, claim, "value").unwrap();
        write(&store, claim, "another").unwrap();

        let other = store.claim(ActorId::new(1, [3; 10])).unwrap();
        store.commit_wait(WriteSet::new().fenced(other)).unwrap();
        assert_eq!(other.generation(), 1, "a barrier is no commit");
    }
}

#[test]
fn a_commit_may_delete_the_generation() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let claim = store.claim(actor()).unwrap();
    let mut writes = WriteSet::new().fenced(claim);
    writes.delete(Table::Generations, actor().as_bytes().to_vec());
    store.commit_wait(writes).unwrap();
    assert_eq!(store.get(Table::Generations, actor().as_bytes()).unwrap(), None);
    assert_eq!(store.claim(actor()).unwrap().generation(), 1);
}
