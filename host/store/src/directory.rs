//! Which actors there are: by id, by name and key, and by age.

use std::collections::HashSet;
use std::ops::Bound;

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey, name_prefix};
use serde::{Deserialize, Serialize};

use crate::{KeyRange, Store, StoreError, Table, WriteSet};

/// An actor as the directory knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRecord {
    /// Its id.
    pub id: ActorId,
    /// The namespace that it lives in.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: ActorKey,
    /// When it was created, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// When it was destroyed; none while it exists.
    pub destroyed_ms: Option<u64>,
}

/// A record as it is stored: a CBOR map, so that fields can be added.
#[derive(Serialize, Deserialize)]
struct Row {
    namespace: String,
    name: String,
    key: Vec<String>,
    created_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destroyed_ms: Option<u64>,
}

/// The actors of a store. Cloning is cheap.
#[derive(Clone)]
pub struct ActorDirectory {
    store: Store,
}

/// What a destroyed actor leaves behind, to be removed in the background: what may be large.
const LEFT_BEHIND: [Table; 10] = [
    Table::Kv,
    Table::Connections,
    Table::Snapshots,
    Table::SqlPages,
    Table::Queue,
    Table::DeadLetters,
    Table::Schedules,
    Table::ScheduleHistory,
    Table::WorkflowHistory,
    Table::Workflows,
];

/// What goes with the actor: of each it has a row at most.
const OF_ONE_ROW: [Table; 6] =
    [Table::State, Table::Usage, Table::Inputs, Table::Generations, Table::QueueHeads, Table::WakeTimes];

/// Rows of each table that one step of a reclaim removes.
const RECLAIM_ROWS: usize = 512;

impl ActorDirectory {
    /// The directory of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The actor of this id, destroyed or not.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn get(&self, id: ActorId) -> Result<Option<ActorRecord>, StoreError> {
        let row = self.store.get(Table::Actors, id.as_bytes())?;
        row.map(|row| decode(id, &row)).transpose()
    }

    /// The actor that has this key now.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn find(
        &self,
        namespace: &str,
        name: &str,
        key: &ActorKey,
    ) -> Result<Option<ActorRecord>, StoreError> {
        let row = self.store.get(Table::ActorKeys, &key_row(namespace, name, key))?;
        let Some(id) = row.and_then(|row| row.as_ref().try_into().ok()) else { return Ok(None) };
        self.get(ActorId::from_bytes(id))
    }

    /// Actors of a name, newest first, at most `limit` of them, created before `before_ms`.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn list(
        &self,
        namespace: &str,
        name: &str,
        include_destroyed: bool,
        limit: usize,
        before_ms: Option<u64>,
    ) -> Result<Vec<ActorRecord>, StoreError> {
        let prefix = [name_prefix(name), name_prefix(namespace)].concat();
        // Ids begin with the creation time, so the first id of `before_ms` bounds the rest, and names sort
        // by age. Those of both sorts are in tables of their own: to list the actors that exist costs the
        // same however many were destroyed.
        let until = ActorId::new(before_ms.unwrap_or(u64::MAX), [0; 10]);
        let end = [prefix.as_slice(), until.as_bytes()].concat();
        let range = KeyRange::new(Bound::Included(&prefix), Bound::Excluded(&end), limit).reversed(true);
        let mut rows = self.store.scan(Table::ActorNames, &range)?;
        if include_destroyed {
            rows.extend(self.store.scan(Table::DestroyedNames, &range)?);
            rows.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
            // An actor that was destroyed between the two scans is in both.
            rows.dedup();
            rows.truncate(limit);
        }
        let mut out = Vec::new();
        for (row, _) in rows {
            let id = row.get(prefix.len()..).and_then(|id| id.try_into().ok()).map(ActorId::from_bytes);
            let record = id.map(|id| self.get(id)).transpose()?.flatten();
            out.extend(record.filter(|record| include_destroyed || record.destroyed_ms.is_none()));
        }
        Ok(out)
    }

    /// One actor of this name that exists, in any namespace: whether a component is in use.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn any_of_name(&self, name: &str) -> Result<Option<ActorRecord>, StoreError> {
        let rows = self.store.scan(Table::ActorKeys, &KeyRange::prefix(&name_prefix(name), 1))?;
        let id = rows.first().and_then(|(_, id)| id.as_ref().try_into().ok()).map(ActorId::from_bytes);
        id.map(|id| self.get(id)).transpose().map(Option::flatten)
    }

    /// The writes that make an actor: it has an input until its first start has committed.
    pub fn insert(&self, record: &ActorRecord, input: Bytes) -> WriteSet {
        let mut writes = self.insert_started(record);
        writes.put(Table::Inputs, record.id.as_bytes().to_vec(), input);
        writes
    }

    /// The writes that make an actor of a copy of one that was started: it needs no input.
    pub fn insert_started(&self, record: &ActorRecord) -> WriteSet {
        let id = record.id.as_bytes();
        let mut writes = WriteSet::new();
        writes.put(Table::Actors, id.to_vec(), encode(record));
        writes.put(Table::ActorKeys, key_row(&record.namespace, &record.name, &record.key), id.to_vec());
        writes.put(Table::ActorNames, name_row(record), Bytes::new());
        writes
    }

    /// Has an actor that these writes make started by itself, even if the host ends before it is.
    pub fn wake(&self, record: &ActorRecord, writes: &mut WriteSet) {
        let (id, wake_ms) = (record.id, record.created_ms);
        writes.put(Table::WakeTimes, id.as_bytes().to_vec(), wake_ms.to_be_bytes().to_vec());
        writes.put(Table::Alarms, alarm_row(wake_ms, id), Bytes::new());
    }

    /// The input of an actor whose first start has not committed yet; none afterwards.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn input(&self, id: ActorId) -> Result<Option<Bytes>, StoreError> {
        self.store.get(Table::Inputs, id.as_bytes())
    }

    /// Marks the first start as done, in the writes of the turn that ended it.
    pub fn mark_started(&self, id: ActorId, writes: &mut WriteSet) {
        writes.delete(Table::Inputs, id.as_bytes().to_vec());
    }

    /// The writes that destroy an actor: its key is free, its state is gone, it has no alarm, and what may be large,
    /// its KV data and its SQL pages for two, is left to [`ActorDirectory::reclaim`]. The record stays, with the time of the end.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn remove(&self, record: &ActorRecord, now_ms: u64) -> Result<WriteSet, StoreError> {
        let id = record.id.as_bytes();
        let mut writes = WriteSet::new();
        writes.put(
            Table::Actors,
            id.to_vec(),
            encode(&ActorRecord { destroyed_ms: Some(now_ms), ..record.clone() }),
        );
        let key = key_row(&record.namespace, &record.name, &record.key);
        // The key may be another actor's by now.
        if self.store.get(Table::ActorKeys, &key)?.is_some_and(|owner| owner.as_ref() == id.as_slice()) {
            writes.delete(Table::ActorKeys, key);
        }
        writes.delete(Table::ActorNames, name_row(record));
        writes.put(Table::DestroyedNames, name_row(record), Bytes::new());
        for table in OF_ONE_ROW {
            writes.delete(table, id.to_vec());
        }
        if let Some(due_ms) = self.alarm_ms(record.id)? {
            writes.delete(Table::Alarms, alarm_row(due_ms, record.id));
        }
        writes.put(Table::Reclaim, id.to_vec(), Bytes::new());
        Ok(writes)
    }

    /// When an actor next has something to do, or wants to be awake, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn alarm_ms(&self, id: ActorId) -> Result<Option<u64>, StoreError> {
        Ok(self.first_due_ms(id)?.into_iter().chain(self.wake_at_ms(id)?).min())
    }

    /// When the first schedule of an actor is due, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn first_due_ms(&self, id: ActorId) -> Result<Option<u64>, StoreError> {
        Ok(self.first_schedule(id)?.as_deref().and_then(due_ms))
    }

    /// When an actor wants to be awake, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn wake_at_ms(&self, id: ActorId) -> Result<Option<u64>, StoreError> {
        let Some(row) = self.store.get(Table::WakeTimes, id.as_bytes())? else { return Ok(None) };
        let time_ms = row.as_ref().try_into().map_err(|_| StoreError::BadRow { table: "wake_times" })?;
        Ok(Some(u64::from_be_bytes(time_ms)))
    }

    /// What an actor is awake for first: the key of its first schedule, or, if it wants to be awake before that, what such a key
    /// begins with. Two that are alike are the same thing.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn first_alarm(&self, id: ActorId) -> Result<Option<Bytes>, StoreError> {
        let schedule = self.first_schedule(id)?;
        let wake =
            self.wake_at_ms(id)?.map(|wake_ms| [id.as_bytes().as_slice(), &wake_ms.to_be_bytes()].concat());
        Ok(schedule.into_iter().chain(wake.map(Bytes::from)).min())
    }

    /// The key of the first thing that an actor is to do: its id, the time (u64, big-endian), and what it is. Rows whose time is
    /// the greatest number are none of these.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    fn first_schedule(&self, id: ActorId) -> Result<Option<Bytes>, StoreError> {
        let end = [id.as_bytes().as_slice(), &u64::MAX.to_be_bytes()].concat();
        let range = KeyRange::prefix(id.as_bytes(), 1).ending(Bound::Excluded(&end));
        let rows = self.store.scan(Table::Schedules, &range)?;
        Ok(rows.into_iter().next().map(|(key, _)| key))
    }

    /// One step of removing what destroyed actors left behind: the writes, or none when nothing is left. Ids are never
    /// reused, so nobody sees the rows meanwhile. Those of copies that are being made are left alone.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn reclaim(&self, copies: &HashSet<ActorId>) -> Result<Option<WriteSet>, StoreError> {
        let next = self.store.scan(Table::Reclaim, &KeyRange::prefix(&[], copies.len() + 1))?;
        let is_left_alone =
            |id: &Bytes| id.as_ref().try_into().is_ok_and(|id| copies.contains(&ActorId::from_bytes(id)));
        let Some((id, _)) = next.into_iter().find(|(id, _)| !is_left_alone(id)) else { return Ok(None) };
        let mut writes = WriteSet::new();
        for table in LEFT_BEHIND {
            let range = KeyRange::prefix(&id, RECLAIM_ROWS).limit_bytes(1 << 20);
            for (key, _) in self.store.scan(table, &range)? {
                writes.delete(table, key);
            }
        }
        if writes.is_empty() {
            // That of a copy that was not finished; a destroyed actor has none.
            writes.delete(Table::Generations, id.clone());
            writes.delete(Table::Reclaim, id);
        }
        Ok(Some(writes))
    }
}

/// The time in the key of a schedule.
fn due_ms(key: &[u8]) -> Option<u64> {
    key.get(size_of::<ActorId>()..)?.first_chunk().copied().map(u64::from_be_bytes)
}

/// The key of an actor's alarm.
pub fn alarm_row(due_ms: u64, id: ActorId) -> Vec<u8> {
    [due_ms.to_be_bytes().as_slice(), id.as_bytes()].concat()
}

fn key_row(namespace: &str, name: &str, key: &ActorKey) -> Vec<u8> {
    [name_prefix(name), name_prefix(namespace), key.serialize().into_bytes()].concat()
}

fn name_row(record: &ActorRecord) -> Vec<u8> {
    [name_prefix(&record.name), name_prefix(&record.namespace), record.id.as_bytes().to_vec()].concat()
}

fn encode(record: &ActorRecord) -> Vec<u8> {
    let row = Row {
        namespace: record.namespace.clone(),
        name: record.name.clone(),
        key: record.key.components().to_vec(),
        created_ms: record.created_ms,
        destroyed_ms: record.destroyed_ms,
    };
    // Texts and numbers always encode.
    serde_cbor::to_vec(&row).unwrap_or_default()
}

fn decode(id: ActorId, row: &[u8]) -> Result<ActorRecord, StoreError> {
    let bad = StoreError::BadRow { table: "actors" };
    let Ok(row) = serde_cbor::from_slice::<Row>(row) else { return Err(bad) };
    let Ok(key) = ActorKey::new(row.key) else { return Err(bad) };
    let Row { namespace, name, created_ms, destroyed_ms, .. } = row;
    Ok(ActorRecord { id, namespace, name, key, created_ms, destroyed_ms })
}
