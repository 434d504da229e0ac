//! The errors of schedules: codes, messages and metadata as rivetkit 2.3.19 has them.

use serde::Serialize;

use crate::{ActorError, limits};

/// The errors of the group `schedule`. All of them are public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// The name of a recurring schedule is empty or too long.
    InvalidName {
        /// What is wrong with it.
        reason: String,
    },
    /// The expression is no cron expression, or has no time that would ever come.
    InvalidCronExpression {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such time zone in the tz database.
    InvalidTimezone {
        /// The name that was given.
        timezone: String,
    },
    /// The interval is too short.
    InvalidInterval {
        /// The interval, in milliseconds.
        interval_ms: u64,
    },
    /// More history was asked for than is kept.
    InvalidMaxHistory {
        /// How many rows.
        max_history: u32,
    },
    /// The actor has as many schedules as it may.
    MaxSchedulesExceeded {
        /// How many that are.
        maximum: u32,
    },
    /// The arguments are no array, or too large.
    InvalidArgs {
        /// What is wrong with them.
        reason: String,
    },
    /// What a schedule had begun was cut off: by a crash of the actor or the host.
    Interrupted,
}

impl From<ScheduleError> for ActorError {
    fn from(error: ScheduleError) -> Self {
        use ScheduleError as E;
        let new = |code: &str, message: String| Self::new("schedule", code, message);
        match error {
            E::InvalidName { reason } => new("invalid_name", format!("Schedule name is invalid: {reason}"))
                .with_metadata(metadata([("reason", reason)])),
            E::InvalidCronExpression { reason } => {
                new("invalid_cron_expression", format!("Cron expression is invalid: {reason}"))
                    .with_metadata(metadata([("reason", reason)]))
            }
            E::InvalidTimezone { timezone } => {
                new("invalid_timezone", format!("Schedule timezone '{timezone}' is invalid."))
                    .with_metadata(metadata([("timezone", timezone)]))
            }
            E::InvalidInterval { interval_ms } => {
                let minimum_ms = limits::SCHEDULE_INTERVAL_MIN_MS;
                let message =
                    format!("Schedule interval must be at least {minimum_ms} ms; received {interval_ms} ms.");
                new("invalid_interval", message)
                    .with_metadata(metadata([("interval_ms", interval_ms), ("minimum_ms", minimum_ms)]))
            }
            E::InvalidMaxHistory { max_history } => {
                let maximum = limits::SCHEDULE_HISTORY_ROWS;
                let message =
                    format!("Schedule maxHistory must be between 0 and {maximum}; received {max_history}.");
                new("invalid_max_history", message)
                    .with_metadata(metadata([("max_history", max_history), ("maximum", maximum)]))
            }
            E::MaxSchedulesExceeded { maximum } => {
                let message = format!("Actor has reached its limit of {maximum} pending schedules.");
                new("max_schedules_exceeded", message).with_metadata(metadata([("maximum", maximum)]))
            }
            // Rivet knows no such error: there arguments are always an array.
            E::InvalidArgs { reason } => new("invalid_args", format!("Schedule args are invalid: {reason}"))
                .with_metadata(metadata([("reason", reason)])),
            E::Interrupted => {
                new("interrupted", "Scheduled action was interrupted before completion.".to_owned())
            }
        }
    }
}

/// A CBOR map.
fn metadata<T: Serialize, const N: usize>(fields: [(&str, T); N]) -> Vec<u8> {
    let fields: std::collections::BTreeMap<_, _> = fields.into_iter().collect();
    // Texts and numbers always encode.
    serde_cbor::to_vec(&fields).unwrap_or_default()
}
