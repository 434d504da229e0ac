//! Destroying an actor leaves its large tables behind; steps of a bounded size remove them.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::collections::HashSet;

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey, Connection, ConnectionKind};
use rivet_store::{ActorDirectory, ActorRecord, Connections, Durability, KeyRange, Store, Table, WriteSet};

const CONNECTIONS: u64 = 600;

fn record(number: u8) -> ActorRecord {
    ActorRecord {
        id: ActorId::new(u64::from(number), [number; 10]),
        namespace: "default".into(),
        name: "counter".into(),
        key: ActorKey::new(vec![number.to_string()]).unwrap(),
        created_ms: u64::from(number),
        destroyed_ms: None,
    }
}

fn fill(store: &Store, id: ActorId) {
    let connection = Connection {
        uuid: "f1a2".to_owned(),
        kind: ConnectionKind::Client,
        params: Bytes::from_static(&[0xf6]),
        state: None,
        hibernates: true,
    };
    let mut writes = WriteSet::new();
    for number in 0..CONNECTIONS {
        Connections::put(&mut writes, id, number + 1, &connection);
        if number % 2 == 0 {
            writes.put(Table::Kv, [id.as_bytes().as_slice(), &number.to_be_bytes()].concat(), vec![1]);
        }
    }
    store.commit_wait(writes).unwrap();
}

fn rows(store: &Store, table: Table, id: ActorId) -> usize {
    store.scan(table, &KeyRange::prefix(id.as_bytes(), usize::MAX)).unwrap().len()
}

#[test]
fn in_steps_and_nothing_of_the_living() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let directory = ActorDirectory::new(store.clone());
    let (gone, stays) = (record(1), record(2));
    for record in [&gone, &stays] {
        store.commit_wait(directory.insert(record, Bytes::new())).unwrap();
        fill(&store, record.id);
    }
    store.commit_wait(directory.remove(&gone, 99).unwrap()).unwrap();
    let mut steps = 0;
    while let Some(writes) = directory.reclaim(&HashSet::new()).unwrap() {
        assert!(writes.len_bytes() < 64 << 10, "{} bytes", writes.len_bytes());
        store.commit_wait(writes).unwrap();
        steps += 1;
    }
    // Two for the connections, and one that finds nothing.
    assert_eq!(steps, 3);
    assert_eq!(rows(&store, Table::Connections, gone.id) + rows(&store, Table::Kv, gone.id), 0);
    assert_eq!(Connections::new(store.clone()).load(stays.id).unwrap().len() as u64, CONNECTIONS);
    assert_eq!(rows(&store, Table::Kv, stays.id) as u64, CONNECTIONS / 2);
}

/// Tables with rows of actors whose keys begin with the actor's id, and whether a key goes on behind it.
const OF_ACTORS: [(Table, bool); 17] = [
    (Table::Actors, false),
    (Table::Generations, false),
    (Table::State, false),
    (Table::Kv, true),
    (Table::Usage, false),
    (Table::Inputs, false),
    (Table::Connections, true),
    (Table::Snapshots, true),
    (Table::SqlPages, true),
    (Table::Queue, true),
    (Table::QueueHeads, false),
    (Table::DeadLetters, true),
    (Table::Schedules, true),
    (Table::ScheduleHistory, true),
    (Table::WorkflowHistory, true),
    (Table::Workflows, true),
    (Table::WakeTimes, false),
];

#[test]
fn nothing_of_a_destroyed_actor_stays_but_its_record() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    let directory = ActorDirectory::new(store.clone());
    let record = record(1);
    store.commit_wait(directory.insert(&record, Bytes::new())).unwrap();
    let mut writes = WriteSet::new();
    let due_ms = 77u64.to_be_bytes();
    for (table, goes_on) in OF_ACTORS.into_iter().filter(|(table, _)| *table != Table::Actors) {
        let rest = if goes_on { due_ms.as_slice() } else { &[] };
        writes.put(table, [record.id.as_bytes().as_slice(), rest].concat(), vec![1; 8]);
    }
    writes.put(Table::Alarms, rivet_store::alarm_row(77, record.id), Vec::new());
    store.commit_wait(writes).unwrap();
    assert_eq!(directory.alarm_ms(record.id).unwrap(), Some(77));

    store.commit_wait(directory.remove(&record, 99).unwrap()).unwrap();
    let alarms = store.scan(Table::Alarms, &KeyRange::prefix(&[], usize::MAX)).unwrap();
    assert!(alarms.is_empty(), "with its end, and not later, it has no alarm");
    assert!(directory.find("default", "counter", &record.key).unwrap().is_none(), "its key is free at once");
    while let Some(writes) = directory.reclaim(&HashSet::new()).unwrap() {
        store.commit_wait(writes).unwrap();
    }
    let left: Vec<Table> = OF_ACTORS
        .into_iter()
        .map(|(table, _)| table)
        .filter(|table| rows(&store, *table, record.id) > 0)
        .collect();
    assert_eq!(left, [Table::Actors]);
}
