//! A data directory of format 1 opens for ever: `fixtures/format-1` is one, as a killed host left it.
//!
//! It was made by the ignored test below, which is there to make one of a later format:
//! `FIXTURE=<new directory> cargo test -p rivet-store --test opens_the_first_format -- --ignored`.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::fs;
use std::path::{Path, PathBuf};

use rivet_ground::ActorId;
use rivet_store::{Durability, KeyRange, Store, StoreError, Table, WriteSet};

const JOURNAL: &str = "journal/00000000000000000003.log";

fn actor() -> ActorId {
    ActorId::new(1_795_332_150_277, [7; 10])
}

/// The two commits that are folded, and the two that are in the journal.
fn commit(store: &Store, number: u8) {
    let mut writes = WriteSet::new();
    if number == 1 {
        writes = writes.fenced(store.claim(actor()).unwrap());
        Table::ALL.into_iter().for_each(|table| {
            if table != Table::Generations {
                writes.put(table, "every table", vec![number; 3]);
            }
        });
    }
    writes.put(Table::Kv, vec![number], vec![number; 100]);
    writes.put(Table::State, "newest", vec![number]);
    if number == 4 {
        writes.delete(Table::Kv, vec![2]);
    }
    store.commit_wait(writes).unwrap();
}

/// Copies a data directory that no host has open, or one that has just committed.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("journal")).unwrap();
    for name in ["store.redb", JOURNAL] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[test]
fn with_everything_in_it() {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1"), dir.path());
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    assert_eq!(store.last_seq(), 4);
    assert_eq!(store.get(Table::State, b"newest").unwrap().unwrap(), [4].as_slice());
    let kv = store.scan(Table::Kv, &KeyRange::prefix(b"", 99)).unwrap();
    let keys: Vec<&[u8]> = kv.iter().map(|(key, _)| key.as_ref()).collect();
    assert_eq!(keys, [&[1], &[3], &[4], b"every table".as_slice()]);
    assert!(kv.iter().take(3).all(|(key, value)| value == &vec![key[0]; 100]));
    // Tables that came after the fixture, or that the store alone writes. A new table leaves the format as it is: an old
    // directory gets it at its first fold.
    let is_later = |table: &Table| *table == Table::Generations || *table >= Table::DestroyedNames;
    for table in Table::ALL.into_iter().filter(|table| !is_later(table)) {
        assert_eq!(store.get(table, b"every table").unwrap().unwrap(), [1; 3].as_slice(), "{table:?}");
    }
    assert_eq!(store.claim(actor()).unwrap().generation(), 2);
}

#[test]
fn and_takes_rows_of_a_table_that_it_never_had() {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1"), dir.path());
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    assert_eq!(store.get(Table::Connections, b"later").unwrap(), None);
    let mut writes = WriteSet::new();
    writes.put(Table::Connections, "later", vec![13]);
    store.commit_wait(writes).unwrap();
    store.fold().unwrap();
    drop(store);
    let store = Store::open(dir.path(), Durability::Sync).unwrap();
    assert_eq!(store.get(Table::Connections, b"later").unwrap().unwrap(), [13].as_slice());
}

#[test]
fn and_refuses_a_newer_one() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path(), Durability::Sync).unwrap());
    let redb = redb::Database::open(dir.path().join("store.redb")).unwrap();
    let write = redb.begin_write().unwrap();
    write.open_table(redb::TableDefinition::<&str, u64>::new("meta")).unwrap().insert("format", 2).unwrap();
    write.commit().unwrap();
    drop(redb);
    let error = Store::open(dir.path(), Durability::Sync).err().unwrap();
    assert!(matches!(error, StoreError::NewerFormat { found: 2, known: 1 }), "{error}");
    assert!(error.to_string().contains("format 2") && error.to_string().contains("up to 1"), "{error}");
}

#[test]
#[ignore = "makes the fixture"]
fn make() {
    let fixture = PathBuf::from(std::env::var_os("FIXTURE").expect("FIXTURE names the directory to make"));
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    commit(&store, 1);
    commit(&store, 2);
    store.fold().unwrap();
    commit(&store, 3);
    commit(&store, 4);
    copy(dir.path(), &fixture);
}
