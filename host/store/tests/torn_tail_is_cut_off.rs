//! The end of the newest journal file may be torn; nothing else may be.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test panics")]

use std::fs;
use std::path::{Path, PathBuf};

use rivet_store::{Durability, Store, StoreError, Table, WriteSet};
use tempfile::TempDir;

fn put(store: &Store, key: &'static str) {
    let mut writes = WriteSet::new();
    writes.put(Table::Kv, key, "value");
    store.commit_wait(writes).unwrap();
}

/// A data directory as a killed host leaves it: three commits in one journal file.
fn killed() -> TempDir {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Store::open(dir.path(), Durability::None).unwrap();
    ["a", "b", "c"].into_iter().for_each(|key| put(&store, key));
    fs::create_dir(killed.path().join("journal")).unwrap();
    for name in [PathBuf::from("store.redb"), journal(dir.path())] {
        fs::copy(dir.path().join(&name), killed.path().join(&name)).unwrap();
    }
    killed
}

/// The only journal file, relative to the data directory.
fn journal(dir: &Path) -> PathBuf {
    let mut names: Vec<_> =
        fs::read_dir(dir.join("journal")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1);
    Path::new("journal").join(names.remove(0))
}

fn found(dir: &Path) -> String {
    let store = Store::open(dir, Durability::None).unwrap();
    ["a", "b", "c", "d"]
        .into_iter()
        .filter(|key| store.get(Table::Kv, key.as_bytes()).unwrap().is_some())
        .collect()
}

#[test]
fn wherever_the_newest_file_ends() {
    let dir = killed();
    let whole = fs::read(dir.path().join(journal(dir.path()))).unwrap();
    let record_bytes = whole.len() / 3;
    let near_the_ends = (0..=whole.len()).filter(|len| len % record_bytes < 2 || len % record_bytes % 9 == 8);
    for len in near_the_ends {
        let dir = killed();
        fs::write(dir.path().join(journal(dir.path())), &whole[..len]).unwrap();
        let commits = len / record_bytes;
        assert_eq!(found(dir.path()), "abc"[..commits], "{len} of {} bytes", whole.len());
    }
}

#[test]
fn and_new_commits_follow_what_was_left() {
    let dir = killed();
    let file = dir.path().join(journal(dir.path()));
    let mut bytes = fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&file, bytes).unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    assert_eq!(fs::read_dir(dir.path().join("journal")).unwrap().count(), 0, "the torn file is gone");
    put(&store, "d");
    drop(store);
    assert_eq!(found(dir.path()), "abd");
}

#[test]
fn but_damage_before_another_file_is_an_error() {
    let dir = killed();
    let file = dir.path().join(journal(dir.path()));
    let mut bytes = fs::read(&file).unwrap();
    let record_bytes = bytes.len() / 3;
    bytes[record_bytes + 9] ^= 1;
    fs::write(&file, &bytes).unwrap();
    fs::write(dir.path().join(format!("journal/{:020}.log", 4)), "").unwrap();
    match Store::open(dir.path(), Durability::None) {
        Err(StoreError::Corrupt { file, offset, .. }) => {
            assert_eq!((file.as_str(), offset), ("journal/00000000000000000001.log", record_bytes as u64));
        }
        other => panic!("opened, or failed otherwise: {:?}", other.err()),
    }
    assert!(file.exists(), "nothing is removed");
}

#[test]
fn and_so_are_missing_commits() {
    let dir = killed();
    let file = dir.path().join(journal(dir.path()));
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[bytes.len() / 3..]).unwrap();
    assert!(matches!(Store::open(dir.path(), Durability::None), Err(StoreError::Corrupt { offset: 0, .. })));
}
