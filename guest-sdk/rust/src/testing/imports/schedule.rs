//! The schedules of a test's stand-in for the host.

use super::{HostError, host};

pub(crate) use crate::bindings::component::rivet::actor::schedule::Entry;

pub(crate) fn after(delay_ms: u64, action: &str, args: &[u8]) -> Result<String, HostError> {
    at(host(|host| host.now_ms).saturating_add(delay_ms), action, args)
}

pub(crate) fn at(time_ms: u64, action: &str, args: &[u8]) -> Result<String, HostError> {
    Ok(host(|host| {
        host.last_schedule += 1;
        // As long as those of the host, and in their order.
        let id = format!("00000000-0000-8000-8000-{:012x}", host.last_schedule);
        let entry =
            Entry { id: id.clone(), action: action.to_owned(), args: args.to_vec(), run_at_ms: time_ms };
        host.schedules.insert((time_ms, id.clone()), entry);
        id
    }))
}

pub(crate) fn cancel(id: &str) -> Result<bool, HostError> {
    Ok(host(|host| {
        let before = host.schedules.len();
        host.schedules.retain(|_, entry| entry.id != id);
        host.schedules.len() < before
    }))
}

pub(crate) fn get(id: &str) -> Result<Option<Entry>, HostError> {
    Ok(host(|host| host.schedules.values().find(|entry| entry.id == id).cloned()))
}

pub(crate) fn list() -> Result<Vec<Entry>, HostError> {
    Ok(host(|host| host.schedules.values().cloned().collect()))
}
