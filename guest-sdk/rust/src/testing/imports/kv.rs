//! The key-value data of a test's stand-in for the host.

use super::{HostError, host};
use crate::bindings::component::rivet::actor::kv::ListOptions;

type Entry = (Vec<u8>, Vec<u8>);

pub(crate) fn get(key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
    Ok(host(|host| host.kv.get(key).cloned()))
}

pub(crate) fn put(key: &[u8], value: &[u8]) -> Result<(), HostError> {
    host(|host| host.kv.insert(key.to_vec(), value.to_vec()));
    Ok(())
}

pub(crate) fn delete(key: &[u8]) -> Result<(), HostError> {
    host(|host| host.kv.remove(key));
    Ok(())
}

pub(crate) fn get_batch(keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, HostError> {
    keys.iter().map(|key| get(key)).collect()
}

pub(crate) fn put_batch(entries: &[Entry]) -> Result<(), HostError> {
    entries.iter().try_for_each(|(key, value)| put(key, value))
}

pub(crate) fn delete_batch(keys: &[Vec<u8>]) -> Result<(), HostError> {
    keys.iter().try_for_each(|key| delete(key))
}

pub(crate) fn list_prefix(prefix: &[u8], options: ListOptions) -> Result<Vec<Entry>, HostError> {
    Ok(list(options, |key| key.starts_with(prefix)))
}

pub(crate) fn list_range(
    start: &[u8],
    end: Option<&[u8]>,
    options: ListOptions,
) -> Result<Vec<Entry>, HostError> {
    Ok(list(options, |key| in_range(key, start, end)))
}

pub(crate) fn delete_range(start: &[u8], end: Option<&[u8]>) -> Result<(), HostError> {
    host(|host| host.kv.retain(|key, _| !in_range(key, start, end)));
    Ok(())
}

fn in_range(key: &[u8], start: &[u8], end: Option<&[u8]>) -> bool {
    start <= key && end.is_none_or(|end| key < end)
}

fn list(options: ListOptions, wanted: impl Fn(&[u8]) -> bool) -> Vec<Entry> {
    let mut entries: Vec<Entry> = host(|host| {
        host.kv
            .iter()
            .filter(|(key, _)| wanted(key))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    });
    if options.reverse {
        entries.reverse();
    }
    entries.truncate(options.limit.unwrap_or(16_384).min(16_384) as usize);
    entries
}
