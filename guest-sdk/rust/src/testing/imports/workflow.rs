//! The records of a workflow, of a test's stand-in for the host.

use std::collections::BTreeMap;

pub(crate) use crate::bindings::component::rivet::actor::workflow::{Entry, Segment};

use super::{HostError, error, host};

/// The most bytes of a value.
const VALUE_BYTES: usize = 262_144;

/// The most bytes of all entries, with the names in their locations.
const HISTORY_BYTES: usize = 16 << 20;

/// What a host knows of a workflow.
#[derive(Default)]
pub(crate) struct Workflow {
    pub history: BTreeMap<Location, Entry>,
    pub run: Option<Vec<u8>>,
    pub traps: u32,
}

/// A location as it sorts: iterations before names.
type Location = Vec<(bool, u32, String)>;

fn check(value: &[u8]) -> Result<(), HostError> {
    if value.len() <= VALUE_BYTES {
        return Ok(());
    }
    Err(error("workflow", "value_too_large", &format!("the value has {} bytes", value.len())))
}

fn sorted(location: &[Segment]) -> Location {
    let key = |segment: &Segment| match segment {
        Segment::Iteration(iteration) => (false, *iteration, String::new()),
        Segment::Name(name) => (true, 0, name.clone()),
    };
    location.iter().map(key).collect()
}

pub(crate) fn entries() -> Result<Vec<Entry>, HostError> {
    Ok(host(|host| host.workflow.history.values().cloned().collect()))
}

pub(crate) fn put(location: &[Segment], value: &[u8]) -> Result<(), HostError> {
    check(value)?;
    host(|host| {
        let (workflow, location) = (&mut host.workflow, location.to_vec());
        let key = sorted(&location);
        let others = workflow.history.iter().filter(|(other, _)| **other != key);
        let others_bytes: usize = others.map(|(_, entry)| len_bytes(&entry.location, &entry.value)).sum();
        if others_bytes + len_bytes(&location, value) > HISTORY_BYTES {
            return Err(error("workflow", "history_too_large", "the history has no room"));
        }
        workflow.history.insert(key, Entry { location, value: value.to_vec() });
        workflow.traps = 0;
        Ok(())
    })
}

fn len_bytes(location: &[Segment], value: &[u8]) -> usize {
    let name = |segment: &Segment| match segment {
        Segment::Iteration(_) => 4,
        Segment::Name(name) => name.len(),
    };
    location.iter().map(name).sum::<usize>() + value.len()
}

pub(crate) fn delete(location: &[Segment]) -> Result<(), HostError> {
    let above = sorted(location);
    host(|host| host.workflow.history.retain(|location, _| !location.starts_with(&above)));
    Ok(())
}

pub(crate) fn run() -> Result<Option<Vec<u8>>, HostError> {
    Ok(host(|host| host.workflow.run.clone()))
}

pub(crate) fn set_run(value: &[u8]) -> Result<(), HostError> {
    check(value)?;
    host(|host| host.workflow.run = Some(value.to_vec()));
    Ok(())
}

pub(crate) fn traps() -> Result<u32, HostError> {
    Ok(host(|host| host.workflow.traps))
}
