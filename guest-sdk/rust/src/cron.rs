//! Actions that the actor runs again and again.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::cron;
use crate::schedule::{encoded, milliseconds};
use crate::{Error, Result};

/// Actions that the actor is to run again and again, each job known by a name; from [`crate::Ctx::cron`].
///
/// Jobs are durable with the turn that sets them, wake the actor if it sleeps, and are called as [`crate::Schedule`] says. What
/// was missed because no host ran is one firing; a job whose last run goes on still does not run beside it.
#[derive(Clone, Debug)]
pub struct Cron {
    _private: (),
}

/// When a job fires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// At the minutes of a cron expression.
    Cron {
        /// Five fields: minute, hour, day of the month, month, day of the week.
        expression: String,
        /// A name of the tz database, such as `Europe/Berlin`; `None` is UTC.
        time_zone: Option<String>,
    },
    /// Every so often: 5 s at least.
    Every(Duration),
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its name.
    pub name: String,
    /// When it fires.
    pub cadence: Cadence,
    /// The action.
    pub action: String,
    /// When it is due next, in milliseconds since the Unix epoch.
    pub next_run_ms: u64,
    /// When it last ran.
    pub last_run_ms: Option<u64>,
    /// How many rows of history are kept.
    pub max_history: u32,
    args: Vec<u8>,
}

/// A row of a job's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Firing {
    /// The action.
    pub action: String,
    /// When it was due, in milliseconds since the Unix epoch.
    pub scheduled_at_ms: u64,
    /// When it began.
    pub fired_at_ms: u64,
    /// When it ended.
    pub finished_at_ms: Option<u64>,
    /// How.
    pub outcome: Outcome,
}

/// How a firing ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It has not: its action goes on.
    Running,
    /// Its action returned.
    Ok,
    /// With an error, in the words that a caller would see; `schedule.interrupted` if the actor or the host ended first.
    Error(Error),
    /// It did not run, because the run before went on still.
    Skipped,
}

impl Cron {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// Runs an action at the minutes of a cron expression, in UTC. Sets the job of that name, or replaces it.
    ///
    /// Fails with `schedule.invalid_name`, `schedule.invalid_cron_expression` or `schedule.max_schedules_exceeded`.
    pub fn set<T: Serialize>(&self, name: &str, expression: &str, action: &str, args: &T) -> Result<()> {
        let cadence = Cadence::Cron { expression: expression.to_owned(), time_zone: None };
        self.set_job(name, cadence, None, action, args)
    }

    /// Runs an action every so often: 5 s at least. Sets the job of that name, or replaces it; with the same interval its next
    /// time stays.
    ///
    /// Fails with `schedule.invalid_name`, `schedule.invalid_interval` or `schedule.max_schedules_exceeded`.
    pub fn every<T: Serialize>(&self, name: &str, interval: Duration, action: &str, args: &T) -> Result<()> {
        self.set_job(name, Cadence::Every(interval), None, action, args)
    }

    /// The same with all that may be said: a time zone, for one, or how many rows of history are kept (0 to 1,000;
    /// `None` is 100).
    ///
    /// Fails like the two above, with `schedule.invalid_timezone` and with `schedule.invalid_max_history`.
    pub fn set_job<T: Serialize>(
        &self,
        name: &str,
        cadence: Cadence,
        max_history: Option<u32>,
        action: &str,
        args: &T,
    ) -> Result<()> {
        cron::set(name, &cadence.into(), action, &encoded(args)?, max_history).map_err(Error::from)
    }

    /// A job, if it is there.
    pub fn get(&self, name: &str) -> Result<Option<Job>> {
        Ok(cron::get(name)?.map(Job::from))
    }

    /// All of them, those that are due first first. Fails with `schedule.list_too_large` past 16 MiB.
    pub fn list(&self) -> Result<Vec<Job>> {
        Ok(cron::list()?.into_iter().map(Job::from).collect())
    }

    /// Deletes a job and its history; whether there was one. A run that is going on goes on.
    pub fn delete(&self, name: &str) -> Result<bool> {
        cron::delete(name).map_err(Error::from)
    }

    /// What a job has done, newest first; `None` gives the last 20.
    pub fn history(&self, name: &str, limit: Option<u32>) -> Result<Vec<Firing>> {
        Ok(cron::history(name, limit)?.into_iter().map(Firing::from).collect())
    }
}

impl Job {
    /// The arguments. Fails when they are of another shape.
    pub fn args<T: DeserializeOwned>(&self) -> Result<T> {
        crate::from_cbor(&self.args)
    }
}

impl From<Cadence> for cron::Cadence {
    fn from(cadence: Cadence) -> Self {
        match cadence {
            Cadence::Cron { expression: fields, time_zone } => {
                Self::Cron(cron::Expression { fields, time_zone })
            }
            Cadence::Every(interval) => Self::Every(milliseconds(interval)),
        }
    }
}

impl From<cron::Job> for Job {
    fn from(job: cron::Job) -> Self {
        let cadence = match job.cadence {
            cron::Cadence::Cron(cron::Expression { fields, time_zone }) => {
                Cadence::Cron { expression: fields, time_zone }
            }
            cron::Cadence::Every(interval_ms) => Cadence::Every(Duration::from_millis(interval_ms)),
        };
        let cron::Job { name, action, args, next_run_ms, last_run_ms, max_history, .. } = job;
        Self { name, cadence, action, next_run_ms, last_run_ms, max_history, args }
    }
}

impl From<cron::Firing> for Firing {
    fn from(firing: cron::Firing) -> Self {
        let outcome = match firing.outcome {
            cron::Outcome::Running => Outcome::Running,
            cron::Outcome::Ok => Outcome::Ok,
            cron::Outcome::Error(error) => Outcome::Error(Error::from(error)),
            cron::Outcome::Skipped => Outcome::Skipped,
        };
        let cron::Firing { action, scheduled_at_ms, fired_at_ms, finished_at_ms, .. } = firing;
        Self { action, scheduled_at_ms, fired_at_ms, finished_at_ms, outcome }
    }
}
