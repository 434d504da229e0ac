//! Actions that the actor runs at a time.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::host::schedule;
use crate::{Error, Result, event};

/// Actions that the actor is to run at a time, once each; from [`crate::Ctx::schedule`].
///
/// They are durable with the turn that makes them, wake the actor if it sleeps, and each fires exactly once, with the
/// arguments that were given. An action that wants to know why it runs takes an `Option<Fired>` behind them. Nobody sees what
/// it returns; an error is in the host's log, and it is not tried again.
///
/// 1,000 schedules of one actor, recurring ones included (`schedule.max_schedules_exceeded`); arguments of 65,536 bytes
/// (`schedule.invalid_args`).
#[derive(Clone, Debug)]
pub struct Schedule {
    _private: (),
}

/// A schedule that has not fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    /// A UUID.
    pub id: String,
    /// The action.
    pub action: String,
    /// When it is due, in milliseconds since the Unix epoch.
    pub run_at_ms: u64,
    args: Vec<u8>,
}

/// What an action is told that a schedule runs, behind its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fired {
    /// What kind of schedule it was.
    pub kind: FiredKind,
    /// The id of the schedule; of a recurring one its name.
    pub id: String,
    /// The name of a recurring one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was due, in milliseconds since the Unix epoch.
    pub scheduled_at: u64,
    /// When it began, in milliseconds since the Unix epoch.
    pub fired_at: u64,
}

/// The kinds of schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FiredKind {
    /// One that fires once.
    At,
    /// One at an interval.
    Every,
    /// One by a cron expression.
    Cron,
}

impl Schedule {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// Runs an action after so long, rounded up to milliseconds, with its arguments: a tuple, an array or a `Vec`. Gives the
    /// id of the schedule.
    pub fn after<T: Serialize>(&self, delay: Duration, action: &str, args: &T) -> Result<String> {
        schedule::after(milliseconds(delay), action, &encoded(args)?).map_err(Error::from)
    }

    /// Runs an action at a time, in milliseconds since the Unix epoch; one that is past is at once.
    pub fn at<T: Serialize>(&self, time_ms: u64, action: &str, args: &T) -> Result<String> {
        schedule::at(time_ms, action, &encoded(args)?).map_err(Error::from)
    }

    /// Takes a schedule back; whether there was one.
    pub fn cancel(&self, id: &str) -> Result<bool> {
        schedule::cancel(id).map_err(Error::from)
    }

    /// A schedule, if it is there.
    pub fn get(&self, id: &str) -> Result<Option<Scheduled>> {
        Ok(schedule::get(id)?.map(Scheduled::from))
    }

    /// All of them, those that are due first first. Fails with `schedule.list_too_large` past 16 MiB.
    pub fn list(&self) -> Result<Vec<Scheduled>> {
        Ok(schedule::list()?.into_iter().map(Scheduled::from).collect())
    }
}

impl Scheduled {
    /// The arguments. Fails when they are of another shape.
    pub fn args<T: DeserializeOwned>(&self) -> Result<T> {
        crate::from_cbor(&self.args)
    }
}

impl From<schedule::Entry> for Scheduled {
    fn from(schedule::Entry { id, action, args, run_at_ms }: schedule::Entry) -> Self {
        Self { id, action, run_at_ms, args }
    }
}

/// Arguments as the host takes them: one CBOR array.
pub(crate) fn encoded<T: Serialize>(args: &T) -> Result<Vec<u8>> {
    event::array(crate::to_cbor(args)?)
}

/// Rounded up.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
