//! `rivet:actor/cron`.

use rivet_ground::{ActorError, Cadence, ScheduleError, limits};

use crate::bindings::rivet::actor::cron as wit;
use crate::guest::Guest;
use crate::iface::fault::{Fault, Faulty, finish};
use crate::iface::schedule::rows::{self, Blob, Firing, Job, Progress};
use crate::iface::schedule::{args, checked_action};
use crate::iface::to_wit;

impl wit::Host for Guest {
    fn set(
        &mut self,
        name: String,
        cadence: wit::Cadence,
        action: String,
        args: Vec<u8>,
        max_history: Option<u32>,
    ) -> Faulty<()> {
        let job = job(&name, cadence, action, args, max_history).map_err(Fault::from);
        finish(job.and_then(|job| self.inside.set_job(&name, &job)))
    }

    fn get(&mut self, name: String) -> Faulty<Option<wit::Job>> {
        finish(self.inside.job(&name).map(|found| found.map(|(job, progress)| shown(name, job, &progress))))
    }

    fn list(&mut self) -> Faulty<Vec<wit::Job>> {
        let jobs = self.inside.jobs();
        finish(
            jobs.map(|jobs| {
                jobs.into_iter().map(|(name, job, progress)| shown(name, job, &progress)).collect()
            }),
        )
    }

    fn delete(&mut self, name: String) -> Faulty<bool> {
        finish(self.inside.delete_job(&name))
    }

    fn history(&mut self, name: String, limit: Option<u32>) -> Faulty<Vec<wit::Firing>> {
        let firings = self.inside.history(&name, limit.unwrap_or(limits::HISTORY_LIST_ROWS));
        finish(firings.map(|firings| firings.into_iter().map(told).collect()))
    }
}

/// A job, checked.
fn job(
    name: &str,
    cadence: wit::Cadence,
    action: String,
    args: Vec<u8>,
    max_history: Option<u32>,
) -> Result<Job, ScheduleError> {
    let invalid = |reason: &str| ScheduleError::InvalidName { reason: reason.to_owned() };
    if name.is_empty() {
        return Err(invalid("must not be empty"));
    }
    if name.len() > limits::SCHEDULE_NAME_BYTES {
        return Err(invalid("must be at most 128 UTF-8 bytes"));
    }
    let cadence = match cadence {
        wit::Cadence::Every(interval_ms) => Cadence::every(interval_ms)?,
        wit::Cadence::Cron(wit::Expression { fields, time_zone }) => {
            Cadence::cron(&fields, time_zone.as_deref())?
        }
    };
    let max_history = max_history.unwrap_or(limits::SCHEDULE_HISTORY_ROWS_DEFAULT);
    if max_history > limits::SCHEDULE_HISTORY_ROWS {
        return Err(ScheduleError::InvalidMaxHistory { max_history });
    }
    Ok(Job { cadence, action: checked_action(action)?, args: Blob(args::normalized(args)?), max_history })
}

fn shown(name: String, job: Job, progress: &Progress) -> wit::Job {
    let cadence = match job.cadence {
        Cadence::Every { interval_ms } => wit::Cadence::Every(interval_ms),
        Cadence::Cron { expression, time_zone } => {
            wit::Cadence::Cron(wit::Expression { fields: expression, time_zone: Some(time_zone) })
        }
    };
    wit::Job {
        name,
        cadence,
        action: job.action,
        args: job.args.0,
        next_run_ms: progress.next_ms,
        last_run_ms: progress.last_ms,
        max_history: job.max_history,
    }
}

fn told(firing: Firing) -> wit::Firing {
    let outcome = match firing.outcome {
        rows::Outcome::Running => wit::Outcome::Running,
        rows::Outcome::Ok => wit::Outcome::Ok,
        rows::Outcome::Skipped => wit::Outcome::Skipped,
        rows::Outcome::Error { group, code, message, metadata } => {
            let metadata = metadata.map(|metadata| metadata.0.into());
            wit::Outcome::Error(to_wit(ActorError { group, code, message, metadata }))
        }
    };
    wit::Firing {
        action: firing.action,
        scheduled_at_ms: firing.scheduled_ms,
        fired_at_ms: firing.fired_ms,
        finished_at_ms: firing.finished_ms,
        outcome,
    }
}
