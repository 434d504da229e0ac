//! A snapshot reads as it was written, however large; one that was damaged is an error and nothing else.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test panics")]

use bytes::Bytes;
use rivet_ground::{ActorId, limits};
use rivet_store::{Durability, KeyRange, Snapshots, Store, StoreError, StoredSnapshot, Table, WriteSet};

fn actor(number: u8) -> ActorId {
    ActorId::new(u64::from(number), [number; 10])
}

fn snapshot(len: usize) -> StoredSnapshot {
    StoredSnapshot { generation: 3, bytes: (0..len).map(|n| (n % 251) as u8).collect() }
}

fn keep(store: &Store, actor: ActorId, snapshot: &StoredSnapshot) -> usize {
    let writes = Snapshots::writes(actor, snapshot);
    let commits = writes.len();
    writes.into_iter().for_each(|writes| store.commit_wait(writes).unwrap());
    commits
}

#[test]
fn it_reads_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let snapshots = Snapshots::new(store.clone());
    assert_eq!(snapshots.load(actor(1)).unwrap(), None);
    let row = limits::SNAPSHOT_ROW_BYTES;
    for len in [0, 1, row - 1, row, row + 1, 3 * row, 2 * limits::COPY_BYTES + 5] {
        let kept = snapshot(len);
        let commits = keep(&store, actor(1), &kept);
        // A neighbour's is not taken for its own.
        keep(&store, actor(2), &snapshot(row + 7));
        assert_eq!(commits > 1, len > limits::COPY_BYTES, "{len}");
        assert_eq!(snapshots.load(actor(1)).unwrap().unwrap(), kept, "{len}");
        store.fold().unwrap();
        assert_eq!(snapshots.load(actor(1)).unwrap().unwrap(), kept, "{len}");
        let mut writes = WriteSet::new();
        Snapshots::delete(&mut writes, actor(1), &kept);
        store.commit_wait(writes).unwrap();
        assert_eq!(snapshots.load(actor(1)).unwrap(), None, "{len}");
        let left = store.scan(Table::Snapshots, &KeyRange::prefix(actor(1).as_bytes(), 9)).unwrap();
        assert_eq!(left.len(), 0, "{len}");
    }
}

#[test]
fn one_that_was_not_written_to_its_end_is_none_and_in_nobodys_way() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let snapshots = Snapshots::new(store.clone());
    let mut writes = Snapshots::writes(actor(1), &snapshot(3 * limits::COPY_BYTES));
    writes.pop();
    assert!(writes.len() > 1);
    writes.into_iter().for_each(|writes| store.commit_wait(writes).unwrap());
    assert_eq!(snapshots.load(actor(1)).unwrap(), None);
    let row = limits::SNAPSHOT_ROW_BYTES;
    for len in [5, row, 2 * row, 2 * row + 5] {
        keep(&store, actor(1), &snapshot(len));
        assert_eq!(snapshots.load(actor(1)).unwrap().unwrap(), snapshot(len), "{len}");
    }
}

#[test]
fn a_changed_byte_is_seen_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let snapshots = Snapshots::new(store.clone());
    keep(&store, actor(1), &snapshot(limits::SNAPSHOT_ROW_BYTES + 40));
    let rows = store.scan(Table::Snapshots, &KeyRange::prefix(actor(1).as_bytes(), 9)).unwrap();
    assert_eq!(rows.len(), 2);
    for (key, value) in rows {
        for at in [0, 7, 8, 12, 15, 16, 19, 20, value.len() - 1] {
            let mut changed = value.to_vec();
            changed[at] ^= 0x10;
            put(&store, &key, changed.into());
            let damaged = snapshots.load(actor(1)).unwrap_err();
            assert!(matches!(damaged, StoreError::DamagedSnapshot { .. }), "byte {at}: {damaged}");
        }
        put(&store, &key, value);
    }
    assert!(snapshots.load(actor(1)).unwrap().is_some());
    let mut writes = WriteSet::new();
    snapshots.delete_damaged(&mut writes, actor(1)).unwrap();
    store.commit_wait(writes).unwrap();
    assert_eq!(store.scan(Table::Snapshots, &KeyRange::prefix(actor(1).as_bytes(), 9)).unwrap().len(), 0);
}

fn put(store: &Store, key: &Bytes, value: Bytes) {
    let mut writes = WriteSet::new();
    writes.put(Table::Snapshots, key.clone(), value);
    store.commit_wait(writes).unwrap();
}
