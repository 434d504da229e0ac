//! How many connections may be open at a time, of clients and to the outside.

use std::io;

use rivet_ground::limits;
use rlimit::Resource;

/// Why there can be no listener.
#[derive(Debug, thiserror::Error)]
#[error(
    "this process may open only {files} files, and needs at least {}: raise the limit (`ulimit -n`, or \
     LimitNOFILE= of a systemd unit)",
    limits::RESERVED_FILES + limits::CONNECTIONS_MIN
)]
pub struct CapacityError {
    files: u64,
}

/// How many files may be what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Connections of clients, at most [`limits::CONNECTIONS`].
    pub connections_max: usize,
    /// Requests to the outside, at most [`limits::FETCHES`].
    pub fetches_max: usize,
}

/// Has the system let this process open as many files as it ever may, and divides them among clients and, if there may be any,
/// requests to the outside. [`limits::RESERVED_FILES`] are left to everything else: neither must keep the host from its own
/// files.
///
/// # Errors
/// Hardly any connection could be let in.
pub fn claim(fetches: bool) -> Result<Capacity, CapacityError> {
    let raised: io::Result<u64> = rlimit::increase_nofile_limit(u64::MAX);
    let files = raised.or_else(|error| {
        tracing::warn!("the limit of open files cannot be raised: {error}");
        Resource::NOFILE.get_soft()
    });
    // Where there is no such limit there is nothing to keep to.
    let capacity = divide(files.unwrap_or(u64::MAX), fetches)?;
    let Capacity { connections_max, fetches_max } = capacity;
    if connections_max < limits::CONNECTIONS {
        tracing::info!("at most {connections_max} connections at a time: the limit of open files is low");
    }
    if fetches && fetches_max < limits::FETCHES {
        tracing::info!(
            "at most {fetches_max} requests to the outside at a time: the limit of open files is low"
        );
    }
    Ok(capacity)
}

/// A quarter of what the least number of connections leaves is for requests to the outside.
fn divide(files: u64, fetches: bool) -> Result<Capacity, CapacityError> {
    let left = files.checked_sub(limits::RESERVED_FILES);
    let Some(more) = left.and_then(|left| left.checked_sub(limits::CONNECTIONS_MIN)) else {
        return Err(CapacityError { files });
    };
    let fetches_max = if fetches { (more / 4).min(limits::FETCHES as u64) } else { 0 };
    let connections_max = (limits::CONNECTIONS_MIN + more - fetches_max).min(limits::CONNECTIONS as u64);
    Ok(Capacity { connections_max: connections_max as usize, fetches_max: fetches_max as usize })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_for_everything_else() {
        let connections_max = |files| divide(files, false).map(|capacity| capacity.connections_max);
        assert_eq!(connections_max(1024).unwrap() as u64, 1024 - limits::RESERVED_FILES);
        assert_eq!(connections_max(u64::MAX).unwrap(), limits::CONNECTIONS);
        let least = limits::RESERVED_FILES + limits::CONNECTIONS_MIN;
        assert_eq!(connections_max(least).unwrap() as u64, limits::CONNECTIONS_MIN);
        for files in [0, 63, limits::RESERVED_FILES, least - 1] {
            let message = connections_max(files).unwrap_err().to_string();
            assert!(
                message.contains(&files.to_string()) && message.contains(&least.to_string()),
                "{message}"
            );
        }
    }

    #[test]
    fn requests_to_the_outside_have_their_share() {
        assert_eq!(divide(1024, false).unwrap().fetches_max, 0);
        for files in [limits::RESERVED_FILES + limits::CONNECTIONS_MIN, 400, 1024, 4096, u64::MAX] {
            let Capacity { connections_max, fetches_max } = divide(files, true).unwrap();
            assert!((connections_max + fetches_max) as u64 <= files - limits::RESERVED_FILES, "{files}");
            assert!(connections_max as u64 >= limits::CONNECTIONS_MIN, "{files}");
            assert!(fetches_max <= limits::FETCHES, "{files}");
        }
        let all = Capacity { connections_max: limits::CONNECTIONS, fetches_max: limits::FETCHES };
        assert_eq!(divide(u64::MAX, true).unwrap(), all);
        assert_eq!(divide(1024, true).unwrap().fetches_max, 176);
    }
}
