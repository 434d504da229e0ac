//! The actors of a name are listed from the newest to the oldest, with or without the destroyed ones.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey};
use rivet_store::{ActorDirectory, ActorRecord, Durability, Store, Table};

struct Place {
    _dir: tempfile::TempDir,
    store: Store,
    directory: ActorDirectory,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    Place { _dir: dir, directory: ActorDirectory::new(store.clone()), store }
}

impl Place {
    fn create(&self, created_ms: u64, key: &str) -> ActorRecord {
        let record = ActorRecord {
            id: ActorId::new(created_ms, [1; 10]),
            namespace: "default".into(),
            name: "counter".into(),
            key: ActorKey::new(vec![key.to_owned()]).unwrap(),
            created_ms,
            destroyed_ms: None,
        };
        self.store.commit_wait(self.directory.insert(&record, Bytes::new())).unwrap();
        record
    }

    fn destroy(&self, record: &ActorRecord) {
        self.store.commit_wait(self.directory.remove(record, 99).unwrap()).unwrap();
    }

    fn ages(&self, include_destroyed: bool, limit: usize, before_ms: Option<u64>) -> Vec<u64> {
        let listed = self.directory.list("default", "counter", include_destroyed, limit, before_ms).unwrap();
        listed.into_iter().map(|record| record.created_ms).collect()
    }
}

#[test]
fn destroyed_ones_when_asked_for() {
    let place = place();
    let records: Vec<_> = (1..=6).map(|age| place.create(age, &age.to_string())).collect();
    records.iter().step_by(2).for_each(|record| place.destroy(record));
    assert_eq!(place.ages(false, 9, None), [6, 4, 2]);
    assert_eq!(place.ages(true, 9, None), [6, 5, 4, 3, 2, 1]);
    assert_eq!(place.ages(true, 3, Some(6)), [5, 4, 3]);
    assert_eq!(place.ages(false, 1, Some(4)), [2]);
}

#[test]
fn the_names_of_those_that_exist_are_not_behind_those_that_do_not() {
    let place = place();
    place.destroy(&place.create(1, "a"));
    let range = rivet_store::KeyRange::prefix(b"", 9);
    assert!(place.store.scan(Table::ActorNames, &range).unwrap().is_empty());
    assert_eq!(place.store.scan(Table::DestroyedNames, &range).unwrap().len(), 1);
}

#[test]
fn a_second_removal_leaves_the_key_to_its_new_owner() {
    let place = place();
    let old = place.create(1, "a");
    place.destroy(&old);
    let new = place.create(2, "a");
    place.destroy(&old);
    assert_eq!(place.directory.find("default", "counter", &new.key).unwrap(), Some(new));
}
