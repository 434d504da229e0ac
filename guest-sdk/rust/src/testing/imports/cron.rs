//! The recurring schedules of a test's stand-in for the host.

use super::{Host, HostError, host};

pub(crate) use crate::bindings::component::rivet::actor::cron::{Cadence, Expression, Firing, Job, Outcome};

/// A job and what it has done.
pub(crate) struct Kept {
    pub job: Job,
    /// Its firings, oldest first, each with the call that it is.
    pub firings: Vec<(u64, Firing)>,
}

impl Kept {
    /// Whether the last run is not answered yet.
    pub(in crate::testing) fn is_running(&self, host: &Host) -> bool {
        let last = self.firings.iter().rfind(|(_, firing)| firing.outcome != Outcome::Skipped);
        last.is_some_and(|(call, _)| !host.answers.contains_key(call))
    }
}

pub(crate) fn set(
    name: &str,
    cadence: &Cadence,
    action: &str,
    args: &[u8],
    max_history: Option<u32>,
) -> Result<(), HostError> {
    host(|host| {
        let before = host.jobs.remove(name);
        let next_run_ms = match (cadence, &before) {
            (cadence, Some(before)) if before.job.cadence == *cadence => before.job.next_run_ms,
            (Cadence::Every(interval_ms), _) => host.now_ms.saturating_add(*interval_ms),
            // Minutes are not computed here: the test says when.
            (Cadence::Cron(_), _) => u64::MAX,
        };
        let job = Job {
            name: name.to_owned(),
            cadence: cadence.clone(),
            action: action.to_owned(),
            args: args.to_vec(),
            next_run_ms,
            last_run_ms: before.as_ref().and_then(|before| before.job.last_run_ms),
            max_history: max_history.unwrap_or(100),
        };
        let firings = before.map(|before| before.firings).unwrap_or_default();
        host.jobs.insert(name.to_owned(), Kept { job, firings });
    });
    Ok(())
}

pub(crate) fn get(name: &str) -> Result<Option<Job>, HostError> {
    Ok(host(|host| host.jobs.get(name).map(|kept| kept.job.clone())))
}

pub(crate) fn list() -> Result<Vec<Job>, HostError> {
    Ok(host(|host| {
        let mut jobs: Vec<_> = host.jobs.values().map(|kept| kept.job.clone()).collect();
        jobs.sort_by_key(|job| job.next_run_ms);
        jobs
    }))
}

pub(crate) fn delete(name: &str) -> Result<bool, HostError> {
    Ok(host(|host| host.jobs.remove(name).is_some()))
}

pub(crate) fn history(name: &str, limit: Option<u32>) -> Result<Vec<Firing>, HostError> {
    Ok(host(|host| {
        let Some(kept) = host.jobs.get(name) else { return vec![] };
        let most = limit.unwrap_or(20).min(kept.job.max_history) as usize;
        let told = |(call, firing): &(u64, Firing)| {
            let outcome = match (&firing.outcome, host.answers.get(call)) {
                (Outcome::Running, Some(Ok(_))) => Outcome::Ok,
                (Outcome::Running, Some(Err(error))) => Outcome::Error(error.clone()),
                (outcome, _) => outcome.clone(),
            };
            let finished_at_ms =
                matches!(outcome, Outcome::Ok | Outcome::Error(_)).then_some(firing.fired_at_ms);
            Firing { outcome, finished_at_ms, ..firing.clone() }
        };
        kept.firings.iter().rev().take(most).map(told).collect()
    }))
}
