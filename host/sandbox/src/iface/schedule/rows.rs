//! The rows of schedules.
//!
//! All keys in [`Table::Schedules`] begin with the actor's id. What is due comes first, by its time, then a kind and an id:
//! the bytes of a one-shot's UUID, whose first 48 bits are that time; or the name of a job, which has no value there.
//! Behind them, where no time lies, are the jobs by name, and how far each of them is.

use rivet_ground::{ActorId, Cadence, name_prefix};
use rivet_store::Table;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::iface::inside::host_fault;

/// What is due at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A one-shot.
    Once(Uuid),
    /// A job, by its name.
    Job(String),
}

/// A one-shot.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Once {
    pub(super) action: String,
    pub(super) args: Blob,
}

/// A job, as the guest has set it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) cadence: Cadence,
    pub(super) action: String,
    pub(super) args: Blob,
    pub(super) max_history: u32,
}

/// How far a job is. Apart from the job, whose arguments may be large, because this changes each time it fires. It outlives a
/// job that was deleted because its action does not exist, for as long as there are rows of history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    /// When it is due next, in milliseconds since the Unix epoch.
    pub(super) next_ms: u64,
    /// When it last ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_ms: Option<u64>,
    /// The run that was not answered when this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) running: Option<Place>,
    /// How often it was due.
    pub(super) firings: u64,
    /// Rows of history.
    pub(super) rows: u32,
}

/// A firing among those of its job: when it was, and the how manieth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) fired_ms: u64,
    pub(super) number: u64,
}

/// A row of history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Firing {
    pub(super) action: String,
    pub(super) scheduled_ms: u64,
    pub(super) fired_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) finished_ms: Option<u64>,
    pub(super) outcome: Outcome,
}

/// How a firing ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Running,
    Ok,
    Error { group: String, code: String, message: String, metadata: Option<Blob> },
    Skipped,
}

/// Where no time lies.
const BEHIND: u64 = u64::MAX;
const ONCE: u8 = 0;
const JOB: u8 = 1;
const PROGRESS: u8 = 2;

/// The key of what is due at a time.
pub(super) fn due_key(actor: ActorId, due_ms: u64, due: &Due) -> Vec<u8> {
    match due {
        Due::Once(id) => key(actor, due_ms, ONCE, id.as_bytes()),
        Due::Job(name) => key(actor, due_ms, JOB, name.as_bytes()),
    }
}

/// When the one-shot of an id is due.
pub(super) fn due_ms(id: Uuid) -> u64 {
    let (time, _) = id.as_u64_pair();
    time >> 16
}

/// What a key in front of the jobs says; none if it is not one of those.
pub(super) fn parse_due(key: &[u8]) -> Option<(u64, Due)> {
    let (due_ms, rest) = key.get(size_of::<ActorId>()..)?.split_first_chunk()?;
    let due_ms = u64::from_be_bytes(*due_ms);
    let due = match rest.split_first()? {
        _ if due_ms == BEHIND => return None,
        (&ONCE, id) => Due::Once(Uuid::from_slice(id).ok()?),
        (&JOB, name) => Due::Job(std::str::from_utf8(name).ok()?.to_owned()),
        _ => return None,
    };
    Some((due_ms, due))
}

/// Where what is due ends.
pub(super) fn due_end(actor: ActorId) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &BEHIND.to_be_bytes()].concat()
}

pub(super) fn job_key(actor: ActorId, name: &str) -> Vec<u8> {
    key(actor, BEHIND, JOB, name.as_bytes())
}

pub(super) fn progress_key(actor: ActorId, name: &str) -> Vec<u8> {
    key(actor, BEHIND, PROGRESS, name.as_bytes())
}

/// The name in the key of a job, or of its progress.
pub(super) fn name_of(key: &[u8]) -> Option<&str> {
    std::str::from_utf8(key.get(NAME_AT..)?).ok()
}

/// What the keys of rows of history of a job begin with, in [`Table::ScheduleHistory`].
pub(super) fn history_prefix(actor: ActorId, name: &str) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &name_prefix(name)].concat()
}

pub(super) fn history_key(actor: ActorId, name: &str, place: Place) -> Vec<u8> {
    let Place { fired_ms, number } = place;
    [history_prefix(actor, name).as_slice(), &fired_ms.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// A row as it is stored: a CBOR map, so that fields can be added.
pub(super) fn encode(row: &impl Serialize) -> Vec<u8> {
    // Texts, numbers and bytes always encode.
    serde_cbor::to_vec(row).unwrap_or_default()
}

pub(super) fn decode<T: DeserializeOwned>(table: Table, row: &[u8]) -> wasmtime::Result<T> {
    serde_cbor::from_slice(row)
        .map_err(|error| host_fault(format!("a row of {table:?} cannot be read: {error}")))
}

/// The first keys of a kind behind what is due.
pub(super) fn jobs_prefix(actor: ActorId) -> Vec<u8> {
    key(actor, BEHIND, JOB, &[])
}

pub(super) fn progress_prefix(actor: ActorId) -> Vec<u8> {
    key(actor, BEHIND, PROGRESS, &[])
}

/// Where names begin in keys that have one.
const NAME_AT: usize = size_of::<ActorId>() + size_of::<u64>() + 1;

fn key(actor: ActorId, due_ms: u64, kind: u8, id: &[u8]) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &due_ms.to_be_bytes(), &[kind], id].concat()
}

/// A byte string of CBOR, where serde would make an array of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blob(pub(super) Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_cbor::Value::deserialize(deserializer)? {
            serde_cbor::Value::Bytes(bytes) => Ok(Self(bytes)),
            _ => Err(D::Error::custom("it is no byte string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_sorts_by_its_time_and_before_the_jobs() {
        let actor = ActorId::from_bytes([7; 16]);
        let id = Uuid::from_u64_pair(5 << 16 | 0x8fff, 1);
        assert_eq!(due_ms(id), 5);
        let dues = [(5, Due::Once(id)), (5, Due::Job("a".to_owned())), (6, Due::Once(id))];
        let mut keys: Vec<Vec<u8>> = dues.iter().map(|(ms, due)| due_key(actor, *ms, due)).collect();
        for (key, (ms, due)) in keys.iter().zip(dues) {
            assert_eq!(parse_due(key), Some((ms, due)));
        }
        keys.extend([due_end(actor), job_key(actor, "a"), progress_key(actor, "a")]);
        assert!(keys.is_sorted());
        assert!(keys.iter().skip(3).all(|key| parse_due(key).is_none()));
        assert_eq!(name_of(&job_key(actor, "a")), Some("a"));
        let [early, late] = [(3, 9), (4, 8)].map(|(fired_ms, number)| Place { fired_ms, number });
        assert!(history_key(actor, "a", early) < history_key(actor, "a", late));
    }
}
