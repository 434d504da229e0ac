//! When a commit counts as durable.

use std::fmt;
use std::str::FromStr;

/// When a commit is reported as done. The order of commits and their wholeness do not depend on it: a crash
/// leaves the commits up to some point, each whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// After its group was synced: what was reported survives a loss of power.
    #[default]
    Sync,
    /// After it was handed to the operating system, which is told to sync at this interval: what was reported
    /// survives the end of the process, and a loss of power loses at most about one interval.
    Interval {
        /// The interval, in milliseconds; at least 1.
        ms: u64,
    },
    /// After it was handed to the operating system, which syncs when it likes: what was reported survives
    /// the end of the process.
    None,
}

/// A text that is no durability.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a durability: write \"sync\", \"interval:<milliseconds>\" (from 1 up) or \"none\"")]
pub struct ParseDurabilityError;

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Durability::Sync => f.write_str("sync"),
            Durability::Interval { ms } => write!(f, "interval:{ms}"),
            Durability::None => f.write_str("none"),
        }
    }
}

impl FromStr for Durability {
    type Err = ParseDurabilityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sync" => Ok(Durability::Sync),
            "none" => Ok(Durability::None),
            _ => {
                let ms = text.strip_prefix("interval:").and_then(|ms| ms.parse().ok());
                ms.filter(|ms| *ms > 0).map(|ms| Durability::Interval { ms }).ok_or(ParseDurabilityError)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for durability in [Durability::Sync, Durability::Interval { ms: 50 }, Durability::None] {
            assert_eq!(durability.to_string().parse(), Ok(durability));
        }
        for text in ["", "Sync", "interval", "interval:", "interval:0", "interval:-1", "interval:5ms"] {
            assert_eq!(text.parse::<Durability>(), Err(ParseDurabilityError), "{text}");
        }
    }
}
