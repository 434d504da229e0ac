//! The records of a workflow: one map each, whose fields `workflow.wit` names.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_cbor::Value;

use super::failure::{self, Recorded};
use super::location::Location;
use crate::host::identity;
use crate::{Error, Result, dispatch};

/// What a workflow has done, or is at. A time is in milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Entry {
    /// A UUID.
    pub id: String,
    pub kind: EntryKind,
    pub status: Status,
    pub attempts: u32,
    pub created_at: u64,
    /// When the last attempt began; 0 before the first one.
    pub last_attempt_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_completed_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_error: Option<String>,

    /// Of a step or a loop that is completed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub output: Option<Value>,
    /// Of a step that has failed for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Recorded>,
    /// Its number among the records of steps, receipts and all else that comes to an end: steps are rolled back from the last to
    /// the first, and whoever has recorded something longer ago has the next turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u64>,

    /// The state of a loop; of a sleep "pending", "completed" or "interrupted".
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub state: Option<Value>,
    /// Of a loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iteration: Option<u32>,
    /// The oldest iteration of a loop that is in the history, where it is entered again; the first one unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrance: Option<Entrance>,

    /// Of a sleep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<u64>,

    /// Of a message or a checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of a message.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub data: Option<Value>,
    /// Of a message that was received as completable and is not completed: its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,

    /// Of a join or a race.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<BTreeMap<String, BranchEntry>>,
    /// Of a race that is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub winner: Option<String>,

    /// Of something that was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_type: Option<EntryKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,

    /// Of a version check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<u32>,
}

/// What an entry of a workflow's history is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A step.
    #[default]
    Step,
    /// A loop.
    Loop,
    /// A sleep, or the end of the time for a message.
    Sleep,
    /// A message, or how many there were.
    Message,
    /// A rollback checkpoint.
    RollbackCheckpoint,
    /// A join.
    Join,
    /// A race.
    Race,
    /// Something that is not in the code any more.
    Removed,
    /// A version check.
    VersionCheck,
}

/// How far something is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    #[default]
    Pending,
    Running,
    Completed,
    Failed,
    Exhausted,
}

/// A branch of a join or a race.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct BranchEntry {
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub output: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// An iteration of a loop, and the state that it begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entrance {
    pub iteration: u32,
    pub state: Value,
}

impl Entry {
    /// One of now that is under way.
    pub fn new(kind: EntryKind, location: &Location) -> Self {
        let created_at = dispatch::now_ms();
        let id = uuid(location, created_at);
        Self { id, kind, status: Status::Running, created_at, ..Self::default() }
    }

    /// The same, completed now.
    #[must_use]
    pub fn completed(self) -> Self {
        Self { status: Status::Completed, completed_at: Some(dispatch::now_ms()), ..self }
    }

    pub fn is_completed(&self) -> bool {
        self.status == Status::Completed
    }

    /// The branches of a join or a race.
    pub fn branches_mut(&mut self) -> &mut BTreeMap<String, BranchEntry> {
        self.branches.get_or_insert_default()
    }
}

impl std::fmt::Display for EntryKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Step => "step",
            Self::Loop => "loop",
            Self::Sleep => "sleep",
            Self::Message => "message",
            Self::RollbackCheckpoint => "rollback checkpoint",
            Self::Join => "join",
            Self::Race => "race",
            Self::Removed => "removed entry",
            Self::VersionCheck => "version check",
        })
    }
}

/// A record as the host keeps it. Fails with `workflow.value_too_deep` if it could not be read again.
pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>> {
    let bytes = crate::to_cbor(record)?;
    crate::from_cbor::<IgnoredAny>(&bytes).map_err(|error| {
        let message = format!("the value cannot be read again from its record: {}", error.message());
        failure::of("value_too_deep", message)
    })?;
    Ok(bytes)
}

/// A value as it is kept in an entry.
pub(crate) fn to_value<T: Serialize>(value: &T) -> Result<Value> {
    serde_cbor::value::to_value(value).map_err(Error::from)
}

/// A value that was kept in an entry; null if there is none.
pub(crate) fn from_value<T: DeserializeOwned>(value: Option<Value>) -> Result<T> {
    serde_cbor::value::from_value(value.unwrap_or(Value::Null)).map_err(Error::from)
}

/// A value that is there, if it is null as well.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A UUID of an entry of this actor: the same for the same entry, so no random numbers are needed.
fn uuid(location: &Location, created_at: u64) -> String {
    let half = |number: u8| {
        let mut hasher = DefaultHasher::new();
        (number, identity::actor_id(), location.to_string(), created_at).hash(&mut hasher);
        hasher.finish()
    };
    // Version 8: of one's own making (RFC 9562).
    let high = half(0) & !0xf000 | 0x8000;
    let low = half(1) & !(0b11 << 62) | 0b10 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_fields_that_the_host_reads_and_no_others_of_other_kinds() {
        let location = Location::default().name("charge");
        let mut entry = Entry { output: Some(Value::Integer(5)), ..Entry::new(EntryKind::Step, &location) };
        entry = entry.completed();
        let value: serde_json::Value = crate::from_cbor(&crate::to_cbor(&entry).unwrap()).unwrap();
        let id = value["id"].as_str().unwrap().to_owned();
        assert_eq!(
            value,
            serde_json::json!({
                "id": id, "kind": "step", "status": "completed", "attempts": 0, "createdAt": 0, "lastAttemptAt": 0,
                "completedAt": 0, "output": 5,
            })
        );
        assert_eq!((id.len(), &id[14..15]), (36, "8"));
    }

    #[test]
    fn what_has_no_output_gives_the_unit_and_none() {
        from_value::<()>(None).unwrap();
        assert_eq!(from_value::<Option<u8>>(None).unwrap(), None);
        assert!(from_value::<u8>(None).is_err());
    }
}
