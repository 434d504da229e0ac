//! The options of actors: what they may be, and what whoever runs the host sets in place of a manifest.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::{ActorOptions, SnapshotKind, limits};

/// One option set from outside: `sleepTimeout=5000` for all actors, `counter.sleepTimeout=5000` for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionOverride {
    /// The name of the actors that it is for; none for all.
    actor: Option<String>,
    setting: Setting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    ActionTimeout(u64),
    SleepTimeout(u64),
    SleepGracePeriod(u64),
    NoSleep(bool),
    Snapshot(SnapshotKind),
    MaxQueueSize(u64),
    MaxQueueMessageSize(u64),
    MaxQueueAttempts(u64),
    MaxSchedules(u32),
    SqlMaxBytes(u64),
}

/// A text that sets no option.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseOptionError {
    /// It has no `=`.
    #[error("an option is set as name=value or actor.name=value, such as counter.sleepTimeout=5000")]
    Shape,
    /// There is no such option.
    #[error(
        "there is no option {0:?}; there are actionTimeout, sleepTimeout, sleepGracePeriod (milliseconds), noSleep \
         (true or false), snapshot (memory or none), maxQueueSize, maxQueueMessageSize (bytes), maxQueueAttempts, \
         maxSchedules (numbers) and sqlMaxBytes"
    )]
    Name(String),
    /// The option does not take this.
    #[error("{name} takes {takes}, not {value:?}")]
    Value {
        /// The option.
        name: String,
        /// What it takes.
        takes: String,
        /// What it was given.
        value: String,
    },
}

impl OptionOverride {
    /// Sets the option, if it is for actors of this name.
    pub fn apply(&self, actor: &str, options: &mut ActorOptions) {
        if self.actor.as_deref().is_some_and(|name| name != actor) {
            return;
        }
        match self.setting {
            Setting::ActionTimeout(ms) => options.action_timeout_ms = Some(ms),
            Setting::SleepTimeout(ms) => options.sleep_timeout_ms = Some(ms),
            Setting::SleepGracePeriod(ms) => options.sleep_grace_period_ms = Some(ms),
            Setting::NoSleep(no_sleep) => options.no_sleep = no_sleep,
            Setting::Snapshot(kind) => options.snapshot = Some(kind),
            Setting::MaxQueueSize(messages) => options.max_queue_size = Some(messages),
            Setting::MaxQueueMessageSize(bytes) => options.max_queue_message_size = Some(bytes),
            Setting::MaxQueueAttempts(attempts) => options.max_queue_attempts = Some(attempts),
            Setting::MaxSchedules(most) => options.max_schedules = Some(most),
            Setting::SqlMaxBytes(bytes) => options.sql_max_bytes = Some(bytes),
        }
    }

    /// Whether it is for one name of actors, and so stronger than one for all.
    pub fn is_for_one(&self) -> bool {
        self.actor.is_some()
    }
}

impl FromStr for OptionOverride {
    type Err = ParseOptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, value) = text.split_once('=').ok_or(ParseOptionError::Shape)?;
        // An actor's name may have dots, an option's has none.
        let (actor, name) = match path.rsplit_once('.') {
            Some((actor, name)) => (Some(actor.to_owned()), name),
            None => (None, path),
        };
        let takes = |takes: &str| ParseOptionError::Value {
            name: name.to_owned(),
            takes: takes.to_owned(),
            value: value.to_owned(),
        };
        let ms = || {
            let ms = value.parse().ok().filter(|ms| (1..=limits::OPTION_MS).contains(ms));
            ms.ok_or_else(|| takes(&format!("milliseconds from 1 to {}", limits::OPTION_MS)))
        };
        let up_to = |most: u64| {
            let number = value.parse().ok().filter(|number| (1..=most).contains(number));
            number.ok_or_else(|| takes(&format!("a number from 1 to {most}")))
        };
        let setting = match name.strip_suffix("Ms").unwrap_or(name) {
            "actionTimeout" => Setting::ActionTimeout(ms()?),
            "sleepTimeout" => Setting::SleepTimeout(ms()?),
            "sleepGracePeriod" => Setting::SleepGracePeriod(ms()?),
            "noSleep" => Setting::NoSleep(value.parse().map_err(|_| takes("true or false"))?),
            "snapshot" => Setting::Snapshot(match value {
                "memory" => SnapshotKind::Memory,
                "none" => SnapshotKind::None,
                _ => return Err(takes("memory or none")),
            }),
            "maxQueueSize" => Setting::MaxQueueSize(up_to(limits::QUEUE_MESSAGES_MAX)?),
            "maxQueueMessageSize" => Setting::MaxQueueMessageSize(up_to(limits::QUEUE_MESSAGE_BYTES_MAX)?),
            "maxQueueAttempts" => Setting::MaxQueueAttempts(up_to(limits::QUEUE_ATTEMPTS_MAX)?),
            "maxSchedules" => {
                let most = value.parse().ok().filter(|most| *most <= limits::SCHEDULES_MAX);
                Setting::MaxSchedules(
                    most.ok_or_else(|| takes(&format!("a number up to {}", limits::SCHEDULES_MAX)))?,
                )
            }
            "sqlMaxBytes" => {
                let bytes = value.parse().ok().filter(|bytes| SQL_MAX_BYTES.contains(bytes));
                Setting::SqlMaxBytes(bytes.ok_or_else(|| takes(&format!("bytes, {}", sql_max_bytes())))?)
            }
            _ => return Err(ParseOptionError::Name(name.to_owned())),
        };
        Ok(Self { actor, setting })
    }
}

impl fmt::Display for SnapshotKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::None => "none",
        })
    }
}

/// What a SQL database may be limited to, in bytes.
const SQL_MAX_BYTES: RangeInclusive<u64> = limits::SQL_ACTOR_MIN_BYTES..=limits::SQL_ACTOR_BYTES;

fn sql_max_bytes() -> String {
    format!("from {} to {}", SQL_MAX_BYTES.start(), SQL_MAX_BYTES.end())
}

/// Checks the numbers among options: no time is nothing, or longer than a year; nothing is beyond what the host bears.
///
/// # Errors
/// What is wrong with which.
pub fn check_options(options: &ActorOptions) -> Result<(), String> {
    for (name, ms) in [
        ("action timeout", options.action_timeout_ms),
        ("sleep timeout", options.sleep_timeout_ms),
        ("sleep grace period", options.sleep_grace_period_ms),
    ] {
        if let Some(ms) = ms.filter(|ms| !(1..=limits::OPTION_MS).contains(ms)) {
            return Err(format!("{name} of {ms} ms: it may be 1 to {} ms", limits::OPTION_MS));
        }
    }
    for (name, number, most) in [
        ("maxQueueSize", options.max_queue_size, limits::QUEUE_MESSAGES_MAX),
        ("maxQueueMessageSize", options.max_queue_message_size, limits::QUEUE_MESSAGE_BYTES_MAX),
        ("maxQueueAttempts", options.max_queue_attempts, limits::QUEUE_ATTEMPTS_MAX),
    ] {
        if let Some(number) = number.filter(|number| !(1..=most).contains(number)) {
            return Err(format!("{name} of {number}: it may be 1 to {most}"));
        }
    }
    if let Some(most) = options.max_schedules.filter(|most| *most > limits::SCHEDULES_MAX) {
        return Err(format!("{most} schedules: it may have up to {}", limits::SCHEDULES_MAX));
    }
    match options.sql_max_bytes.filter(|bytes| !SQL_MAX_BYTES.contains(bytes)) {
        Some(bytes) => Err(format!("SQL database of {bytes} bytes at most: it may be {}", sql_max_bytes())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(texts: &[&str], actor: &str) -> ActorOptions {
        let mut options = ActorOptions::default();
        for text in texts {
            text.parse::<OptionOverride>().unwrap().apply(actor, &mut options);
        }
        options
    }

    #[test]
    fn options_are_set_for_all_or_for_one() {
        let texts = [
            "sleepTimeout=5000",
            "a.b.sleepTimeoutMs=7",
            "noSleep=true",
            "a.b.snapshot=none",
            "maxSchedules=3",
        ];
        assert_eq!(applied(&texts, "x").max_schedules, Some(3));
        assert_eq!(applied(&texts, "x").sleep_timeout_ms, Some(5000));
        assert_eq!(applied(&texts, "a.b").sleep_timeout_ms, Some(7));
        assert!(applied(&texts, "x").no_sleep);
        assert_eq!(applied(&texts, "x").snapshot, None);
        assert_eq!(applied(&texts, "a.b").snapshot, Some(SnapshotKind::None));
        assert_eq!(applied(&["x.sqlMaxBytes=65536"], "x").sql_max_bytes, Some(65536));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("sleepTimeout", "name=value"),
            ("sleepTime=5", "there is no option \"sleepTime\""),
            ("sleepTimeout=0", "sleepTimeout takes milliseconds from 1 to"),
            ("c.sleepTimeout=5s", "not \"5s\""),
            ("noSleep=yes", "true or false"),
            ("snapshot=disk", "memory or none"),
            ("maxQueueSize=0", "a number from 1 to 100000"),
            ("maxSchedules=100001", "a number up to 100000"),
            ("sqlMaxBytes=1", "bytes, from 4096 to"),
        ] {
            let error = text.parse::<OptionOverride>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn times_are_checked() {
        let with = |ms| ActorOptions { sleep_timeout_ms: Some(ms), ..ActorOptions::default() };
        assert!(check_options(&with(1)).is_ok());
        assert!(check_options(&with(0)).unwrap_err().contains("sleep timeout of 0 ms"));
        assert!(check_options(&with(limits::OPTION_MS + 1)).is_err());
        let with = |bytes| ActorOptions { sql_max_bytes: Some(bytes), ..ActorOptions::default() };
        assert!(check_options(&with(4096)).is_ok());
        assert!(check_options(&with(4095)).unwrap_err().contains("4095 bytes"));
    }
}
