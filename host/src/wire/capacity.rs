//! How many connections may be open at a time.

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

/// Has the system let this process open as many files as it ever may, and gives how many of them may be connections:
/// at most [`limits::CONNECTIONS`]. [`limits::RESERVED_FILES`] are left to everything else: many clients must not keep
/// the host from its own files.
///
/// # Errors
/// Hardly any connection could be let in.
pub fn claim() -> Result<usize, CapacityError> {
    let raised: io::Result<u64> = rlimit::increase_nofile_limit(u64::MAX);
    let files = raised.or_else(|error| {
        tracing::warn!("the limit of open files cannot be raised: {error}");
        Resource::NOFILE.get_soft()
    });
    // Where there is no such limit there is nothing to keep to.
    let connections_max = connections_max(files.unwrap_or(u64::MAX))?;
    if connections_max < limits::CONNECTIONS {
        tracing::info!("at most {connections_max} connections at a time: the limit of open files is low");
    }
    Ok(connections_max)
}

fn connections_max(files: u64) -> Result<usize, CapacityError> {
    match files.checked_sub(limits::RESERVED_FILES) {
        Some(left) if left >= limits::CONNECTIONS_MIN => Ok(left.min(limits::CONNECTIONS as u64) as usize),
        _ => Err(CapacityError { files }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_for_everything_else() {
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
}
