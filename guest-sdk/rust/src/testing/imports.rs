//! The imports as a test's stand-in for the host offers them: named and shaped as wit-bindgen names and
//! shapes those of the host.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::host::HostError;

thread_local! {
    pub(super) static HOST: RefCell<Host> = RefCell::default();
}

/// What a host knows of one actor.
#[derive(Default)]
pub(super) struct Host {
    pub name: String,
    pub generation: u64,
    pub now_ms: u64,
    pub state: Option<Vec<u8>>,
    pub state_writes: usize,
    pub kv: BTreeMap<Vec<u8>, Vec<u8>>,
    pub log: Vec<String>,
    pub answers: BTreeMap<u64, Result<Vec<u8>, HostError>>,
    pub last_operation: u64,
    /// When each pending timer ends, in milliseconds of `now_ms`.
    pub timers: BTreeMap<u64, u64>,
    pub destroyed: bool,
}

fn host<T>(use_host: impl FnOnce(&mut Host) -> T) -> T {
    HOST.with_borrow_mut(use_host)
}

pub(crate) mod identity {
    use super::host;

    pub(crate) fn actor_id() -> String {
        "0000000000000000000000001".to_owned()
    }

    pub(crate) fn name() -> String {
        host(|host| host.name.clone())
    }

    pub(crate) fn key() -> Vec<String> {
        vec!["test".to_owned()]
    }

    pub(crate) fn namespace() -> String {
        "default".to_owned()
    }

    pub(crate) fn generation() -> u64 {
        host(|host| host.generation)
    }
}

pub(crate) mod state {
    use super::{HostError, host};

    pub(crate) fn get() -> Option<Vec<u8>> {
        host(|host| host.state.clone())
    }

    pub(crate) fn set(value: &[u8]) -> Result<(), HostError> {
        host(|host| {
            host.state = Some(value.to_vec());
            host.state_writes += 1;
        });
        Ok(())
    }
}

pub(crate) mod kv {
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
}

pub(crate) mod log {
    use super::host;
    use crate::host::Level;

    pub(crate) fn write(level: Level, message: &str) {
        let level = match level {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        };
        host(|host| host.log.push(format!("{level}: {message}")));
    }
}

pub(crate) mod reply {
    use super::{HostError, host};

    pub(crate) fn ok(call: u64, output: &[u8]) -> bool {
        host(|host| host.answers.insert(call, Ok(output.to_vec())).is_none())
    }

    pub(crate) fn err(call: u64, error: &HostError) -> bool {
        host(|host| host.answers.insert(call, Err(error.clone())).is_none())
    }
}

pub(crate) mod lifecycle {
    use super::{HostError, host};

    pub(crate) fn destroy() -> Result<(), HostError> {
        host(|host| host.destroyed = true);
        Ok(())
    }
}

pub(crate) mod operation {
    use super::host;

    pub(crate) fn cancel(operation: u64) {
        host(|host| host.timers.remove(&operation));
    }
}

pub(crate) mod timer {
    use super::{HostError, host};

    pub(crate) fn start(after_ms: u64) -> Result<u64, HostError> {
        Ok(host(|host| {
            host.last_operation += 1;
            host.timers.insert(host.last_operation, host.now_ms.saturating_add(after_ms));
            host.last_operation
        }))
    }
}
