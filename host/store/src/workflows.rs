//! The records of actors' workflows.

use std::ops::Bound;

use bytes::Bytes;
use rivet_ground::{ActorId, limits};
use serde::Deserialize;

use crate::{KeyRange, Store, StoreError, Table};

/// The records of the workflows of a store. Cloning is cheap.
#[derive(Clone)]
pub struct Workflows {
    store: Store,
}

/// One thing that a workflow does or has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The way to it, from the outside in; never empty.
    pub location: Vec<Segment>,
    /// One CBOR map, as the guest has made it: nothing of it is known here.
    pub value: Bytes,
}

/// One step of the way to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// An iteration of the loop that is named before it.
    Iteration(u32),
    /// A name.
    Name(String),
}

impl Workflows {
    /// The records of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The history of an actor's workflow, in the order of the locations.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn history(&self, actor: ActorId) -> Result<Vec<HistoryEntry>, StoreError> {
        let range = KeyRange::prefix(actor.as_bytes(), limits::WORKFLOW_ENTRIES);
        let rows = self.store.scan(Table::WorkflowHistory, &range)?;
        rows.into_iter().map(|(key, value)| HistoryEntry::parse(&key, value)).collect()
    }

    /// How far an actor's workflow is, in the guest's CBOR; none if it was never begun.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn run(&self, actor: ActorId) -> Result<Option<Bytes>, StoreError> {
        self.store.get(Table::Workflows, &run_row(actor))
    }
}

impl HistoryEntry {
    /// An entry of a row.
    ///
    /// # Errors
    /// [`StoreError::BadRow`].
    pub fn parse(key: &[u8], value: Bytes) -> Result<Self, StoreError> {
        let location = key.get(size_of::<ActorId>()..).and_then(parse_location);
        let location = location.ok_or(StoreError::BadRow { table: "workflow_history" })?;
        Ok(Self { location, value })
    }
}

/// The key of an entry: keys sort as [`HistoryEntry`]s are ordered, each before those beneath it, iterations by their numbers
/// and before names, and names by their bytes.
pub fn history_row(actor: ActorId, location: &[Segment]) -> Vec<u8> {
    let mut key = actor.as_bytes().to_vec();
    for segment in location {
        match segment {
            Segment::Iteration(iteration) => {
                key.push(ITERATION);
                key.extend_from_slice(&iteration.to_be_bytes());
            }
            Segment::Name(name) => {
                key.push(NAME);
                for byte in name.bytes() {
                    key.extend_from_slice(if byte == END {
                        &[END, ESCAPED]
                    } else {
                        std::slice::from_ref(&byte)
                    });
                }
                key.push(END);
            }
        }
    }
    key
}

/// The keys of an entry and of all beneath it.
pub fn history_beneath(actor: ActorId, location: &[Segment]) -> KeyRange {
    let first = history_row(actor, location);
    // Behind it comes the next segment, or, in a name that goes on, what stands for its byte 0.
    let end = [first.as_slice(), &[ESCAPED]].concat();
    KeyRange::new(Bound::Included(&first), Bound::Excluded(&end), limits::WORKFLOW_ENTRIES)
}

/// The key of how far an actor's workflow is, in [`Table::Workflows`].
pub fn run_row(actor: ActorId) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &[RUN]].concat()
}

/// The key of how many turns have trapped (u32, big-endian), in [`Table::Workflows`].
pub fn traps_row(actor: ActorId) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &[TRAPS]].concat()
}

/// The state in a guest's CBOR of how far its workflow is; none if it says nothing of the kind.
pub fn run_state(run: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Run {
        state: String,
    }
    serde_cbor::from_slice::<Run>(run).ok().map(|run| run.state)
}

const ITERATION: u8 = 1;
const NAME: u8 = 2;
/// The end of a name; a byte like it in a name has [`ESCAPED`] behind it.
const END: u8 = 0;
const ESCAPED: u8 = 0xff;
const RUN: u8 = 0;
const TRAPS: u8 = 1;

fn parse_location(mut key: &[u8]) -> Option<Vec<Segment>> {
    let mut location = Vec::new();
    while let Some((kind, rest)) = key.split_first() {
        if *kind == ITERATION {
            let (iteration, rest) = rest.split_first_chunk()?;
            location.push(Segment::Iteration(u32::from_be_bytes(*iteration)));
            key = rest;
        } else {
            let (name, rest) = parse_name(rest).filter(|_| *kind == NAME)?;
            location.push(Segment::Name(name));
            key = rest;
        }
    }
    (!location.is_empty()).then_some(location)
}

/// A name and what is behind it.
fn parse_name(mut key: &[u8]) -> Option<(String, &[u8])> {
    let mut name = Vec::new();
    loop {
        let (byte, rest) = key.split_first()?;
        key = rest;
        match rest.split_first() {
            _ if *byte != END => name.push(*byte),
            Some((&ESCAPED, rest)) => {
                name.push(END);
                key = rest;
            }
            _ => return Some((String::from_utf8(name).ok()?, rest)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Durability, WriteSet};

    const ACTOR: ActorId = ActorId::from_bytes([7; 16]);

    fn way(text: &str) -> Vec<Segment> {
        let segment = |part: &str| match part.strip_prefix('~') {
            Some(iteration) => Segment::Iteration(iteration.parse().unwrap()),
            None => Segment::Name(part.to_owned()),
        };
        text.split('/').map(segment).collect()
    }

    #[test]
    fn keys_are_in_order_and_say_where() {
        let ways = [
            "a", "a/~0/x", "a/~2/x", "a/~10/x", "a/a", "a/b", "a\0", "a\0/c", "a\0\u{1}", "a\u{1}", "ab",
            "b", "\u{ff}",
        ];
        let keys: Vec<_> = ways.iter().map(|text| history_row(ACTOR, &way(text))).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        for (key, text) in keys.iter().zip(ways) {
            assert_eq!(HistoryEntry::parse(key, Bytes::new()).unwrap().location, way(text));
        }
        let beneath = |text: &str| {
            let range = history_beneath(ACTOR, &way(text));
            let (Bound::Included(first), Bound::Excluded(end)) = range.bounds() else { panic!() };
            let is_in = |key: &&Vec<u8>| first <= key.as_slice() && key.as_slice() < end;
            keys.iter().filter(is_in).count()
        };
        assert_eq!((beneath("a"), beneath("a/~0"), beneath("a\0"), beneath("c")), (6, 1, 2, 0));
    }

    #[test]
    fn what_is_no_location_is_none() {
        for bad in
            [&[][..], &[3], &[ITERATION, 0, 0, 0], &[NAME, b'a'], &[NAME, 0xc3, END], &[NAME, END, ESCAPED]]
        {
            assert!(HistoryEntry::parse(&[ACTOR.as_bytes(), bad].concat(), Bytes::new()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn records_are_an_actors_own() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Durability::None).unwrap();
        let mut writes = WriteSet::new();
        writes.put(Table::WorkflowHistory, history_row(ACTOR, &way("b")), vec![2]);
        writes.put(Table::WorkflowHistory, history_row(ACTOR, &way("a")), vec![1]);
        writes.put(Table::WorkflowHistory, history_row(ActorId::from_bytes([8; 16]), &way("c")), vec![3]);
        writes.put(Table::Workflows, run_row(ACTOR), vec![4]);
        writes.put(Table::Workflows, traps_row(ACTOR), vec![5]);
        store.commit_wait(writes).unwrap();
        let workflows = Workflows::new(store);
        let entry = |text: &str, value: u8| HistoryEntry { location: way(text), value: vec![value].into() };
        assert_eq!(workflows.history(ACTOR).unwrap(), [entry("a", 1), entry("b", 2)]);
        assert_eq!(workflows.run(ACTOR).unwrap().as_deref(), Some(&[4][..]));
    }

    #[test]
    fn a_state_is_read_where_there_is_one() {
        assert_eq!(run_state(b"\xa1\x65state\x66failed").as_deref(), Some("failed"));
        for bad in [&b"\xa1\x65state\x01"[..], b"\xa0", b"\xff", b""] {
            assert_eq!(run_state(bad), None);
        }
    }
}
