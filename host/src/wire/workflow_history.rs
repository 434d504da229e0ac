//! What a workflow has done, as Rivet's inspector shows it (rivetkit 2.3.19): made of the guest's own records, of which
//! nothing is taken on trust.

use std::collections::BTreeSet;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_cbor::Value as Cbor;
use serde_json::{Map, Value, json};

use crate::gateway::{HistoryEntry, Segment, WorkflowRecords};

/// The answer: `{"history", "workflowState", "isWorkflowEnabled"}`.
pub(crate) struct WorkflowHistory {
    history: Option<History>,
    state: Option<String>,
    is_enabled: bool,
}

/// The entries that can be shown, sorted by their paths, and the names in these. An entry is written as soon as it is
/// decoded, because all of them together may be large.
struct History {
    entries: Vec<(String, HistoryEntry)>,
    names: Vec<String>,
}

impl WorkflowHistory {
    pub(crate) fn new(records: WorkflowRecords) -> Self {
        let WorkflowRecords { history, state, is_enabled } = records;
        let is_any = is_enabled || state.is_some() || !history.is_empty();
        // As Rivet says of one that has not begun.
        let state = state.or_else(|| is_enabled.then(|| "pending".to_owned()));
        Self { history: is_any.then(|| History::new(history)), state, is_enabled }
    }
}

impl History {
    fn new(history: Vec<HistoryEntry>) -> Self {
        let (mut entries, mut names) = (Vec::new(), BTreeSet::new());
        for entry in history {
            let path = path(&entry.location);
            if Record::read(&entry.value).is_none() {
                tracing::warn!("the workflow's entry {path:?} cannot be read, and is not shown");
                continue;
            }
            names.extend(named(&entry.location).cloned());
            entries.push((path, entry));
        }
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { entries, names: names.into_iter().collect() }
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|other| other.as_str().cmp(name)).ok()
    }

    fn entry(&self, location: &[Segment], record: &Record) -> Value {
        json!({ "id": record.id, "location": self.location(location), "kind": record.kind() })
    }

    fn location(&self, location: &[Segment]) -> Vec<Value> {
        let mut last = None;
        let segment = |segment: &Segment| match segment {
            Segment::Name(name) => {
                last = self.index(name);
                json!({ "tag": "WorkflowNameIndex", "val": last })
            }
            Segment::Iteration(iteration) => {
                json!({ "tag": "WorkflowLoopIterationMarker", "val": { "loop": last, "iteration": iteration } })
            }
        };
        location.iter().map(segment).collect()
    }

    fn records(&self) -> impl Iterator<Item = (&[Segment], Record)> {
        self.entries.iter().filter_map(|(_, entry)| Some((&*entry.location, Record::read(&entry.value)?)))
    }
}

impl Serialize for WorkflowHistory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("history", &self.history)?;
        map.serialize_entry("workflowState", &self.state)?;
        map.serialize_entry("isWorkflowEnabled", &self.is_enabled)?;
        map.end()
    }
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("nameRegistry", &self.names)?;
        map.serialize_entry("entries", &Entries(self))?;
        map.serialize_entry("entryMetadata", &Metadata(self))?;
        map.end()
    }
}

struct Entries<'a>(&'a History);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.records().map(|(location, record)| self.0.entry(location, &record)))
    }
}

struct Metadata<'a>(&'a History);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Rivet has it of what is tried and of loops.
        let of_these = |(_, record): &(_, Record)| matches!(record.kind.as_str(), "step" | "loop");
        let shown = self.0.records().filter(of_these);
        serializer.collect_map(shown.map(|(_, record)| (record.id.clone(), record.metadata())))
    }
}

/// An entry's CBOR map, as far as it can be read.
struct Record {
    id: String,
    kind: String,
    fields: Map<String, Value>,
}

impl Record {
    /// None if it is no map, or does not say which and what it is.
    fn read(value: &[u8]) -> Option<Self> {
        let Value::Object(fields) = plain(serde_cbor::from_slice(value).ok()?) else { return None };
        let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
        let (id, kind) = (text("id")?, text("kind")?);
        KINDS.iter().any(|(known, ..)| *known == kind).then_some(Self { id, kind, fields })
    }

    fn field(&self, name: &str) -> Value {
        self.fields.get(name).cloned().unwrap_or_default()
    }

    /// The fields of its kind, under the names that the inspector has for them.
    fn kind(&self) -> Value {
        let kind = KINDS.iter().find(|(known, ..)| *known == self.kind);
        let (tag, names) = kind.map_or(("", &[][..]), |(_, tag, names)| (*tag, *names));
        let shown = |(name, shown): &(&str, &str)| {
            let value = match *name {
                "branches" => branches(self.field(name)),
                "state" if self.kind == "sleep" => upper(self.field(name)),
                _ => self.field(name),
            };
            ((*shown).to_owned(), value)
        };
        json!({ "tag": tag, "val": names.iter().map(shown).collect::<Map<_, _>>() })
    }

    fn metadata(&self) -> Value {
        let number = |name: &str| match self.field(name) {
            Value::Null => 0.into(),
            number => number,
        };
        json!({
            "status": upper(self.field("status")),
            "error": self.field("error"),
            "attempts": number("attempts"),
            "lastAttemptAt": number("lastAttemptAt"),
            "createdAt": number("createdAt"),
            "completedAt": self.field("completedAt"),
            "rollbackCompletedAt": self.field("rollbackCompletedAt"),
            "rollbackError": self.field("rollbackError"),
        })
    }
}

/// The fields of a kind of entry: a name in the record, and the one that is shown.
type Fields = &'static [(&'static str, &'static str)];

/// The kinds of entry, the inspector's names for them, and what they are made of.
const KINDS: [(&str, &str, Fields); 9] = [
    ("step", "WorkflowStepEntry", &[("output", "output"), ("error", "error")]),
    ("loop", "WorkflowLoopEntry", &[("state", "state"), ("iteration", "iteration"), ("output", "output")]),
    ("sleep", "WorkflowSleepEntry", &[("deadline", "deadline"), ("state", "state")]),
    ("message", "WorkflowMessageEntry", &[("name", "name"), ("data", "messageData")]),
    ("rollback_checkpoint", "WorkflowRollbackCheckpointEntry", &[("name", "name")]),
    ("join", "WorkflowJoinEntry", &[("branches", "branches")]),
    ("race", "WorkflowRaceEntry", &[("winner", "winner"), ("branches", "branches")]),
    (
        "removed",
        "WorkflowRemovedEntry",
        &[("originalType", "originalType"), ("originalName", "originalName")],
    ),
    ("version_check", "WorkflowVersionCheckEntry", &[("resolved", "resolved"), ("latest", "latest")]),
];

/// The path of a location, as the inspector sorts by it.
fn path(location: &[Segment]) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Name(name) => name.clone(),
        Segment::Iteration(iteration) => format!("~{iteration}"),
    };
    location.iter().map(segment).collect::<Vec<_>>().join("/")
}

fn named(location: &[Segment]) -> impl Iterator<Item = &String> {
    location.iter().filter_map(|segment| match segment {
        Segment::Name(name) => Some(name),
        Segment::Iteration(_) => None,
    })
}

fn upper(status: Value) -> Value {
    status.as_str().map(|status| status.to_uppercase().into()).unwrap_or_default()
}

fn branches(branches: Value) -> Value {
    let Value::Object(branches) = branches else { return Value::Null };
    let branch = |(name, branch): (String, Value)| {
        let field = |name: &str| branch.get(name).cloned().unwrap_or_default();
        let shown =
            json!({ "status": upper(field("status")), "output": field("output"), "error": field("error") });
        (name, shown)
    };
    branches.into_iter().map(branch).collect::<Map<_, _>>().into()
}

/// A value as the inspector shows it: bytes are arrays of numbers, large integers are numbers. How deep it is is bounded by
/// whoever decoded it.
fn plain(value: Cbor) -> Value {
    match value {
        Cbor::Bool(value) => value.into(),
        Cbor::Integer(value) => match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => value.into(),
            (_, Ok(value)) => value.into(),
            _ => (value as f64).into(),
        },
        Cbor::Float(value) => value.into(),
        Cbor::Bytes(value) => value.into(),
        Cbor::Text(value) => value.into(),
        Cbor::Array(value) => value.into_iter().map(plain).collect::<Vec<_>>().into(),
        Cbor::Map(value) => {
            let pair = |(key, value)| {
                let key = match key {
                    Cbor::Text(key) => key,
                    key => plain(key).to_string(),
                };
                (key, plain(value))
            };
            value.into_iter().map(pair).collect::<Map<_, _>>().into()
        }
        Cbor::Tag(tag @ (2 | 3), value) => match *value {
            Cbor::Bytes(bytes) => {
                let size = bytes.iter().fold(0.0, |number, byte| number * 256.0 + f64::from(*byte));
                // RFC 8949 section 3.4.3: tag 3 is -1 less it.
                (if tag == 2 { size } else { -1.0 - size }).into()
            }
            value => plain(value),
        },
        Cbor::Tag(_, value) => plain(*value),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests;
