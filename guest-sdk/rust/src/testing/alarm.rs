//! Runs what is due, as the host does.

use serde_cbor::Value;

use super::TestActor;
use super::imports::cron::{Cadence, Firing, Outcome};
use super::imports::{HOST, Host};
use super::turn::{deliver, event, next_call};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::dispatch::ACTION;
use crate::{Actor, Fired, FiredKind, Result};

impl<A: Actor> TestActor<A> {
    /// Runs the job of a name now, as if its time had come: what a cron expression names is not computed in tests. Whether it
    /// ran: not if there is none, or its last run goes on still.
    ///
    /// Fails when the actor was asleep and does not wake.
    pub fn fire(&mut self, name: &str) -> Result<bool> {
        self.wake_for_alarm()?;
        let now_ms = HOST.with_borrow(|host| host.now_ms);
        self.fire_job(name, now_ms)
    }

    /// Wakes the actor, and runs what is due first if it is due by then. Whether there was anything.
    pub(super) fn fire_due(&mut self, at_ms: u64) -> Result<bool> {
        let once = HOST.with_borrow(|host| host.schedules.keys().next().cloned());
        let job = HOST.with_borrow(|host| {
            host.jobs.values().map(|kept| (kept.job.next_run_ms, kept.job.name.clone())).min()
        });
        let once = once.filter(|(due_ms, _)| *due_ms <= at_ms);
        let job = job.filter(|(due_ms, _)| *due_ms <= at_ms);
        self.wake_for_alarm()?;
        match (once, job) {
            (Some(once), job) if job.as_ref().is_none_or(|job| once.0 <= job.0) => {
                let entry = HOST.with_borrow_mut(|host| host.schedules.remove(&once));
                let Some(entry) = entry else { return Ok(false) };
                let fired = fired(FiredKind::At, &entry.id, entry.run_at_ms);
                act::<A>(next_call(), &entry.action, &entry.args, &fired)?;
                Ok(true)
            }
            (_, Some((due_ms, name))) => self.fire_job(&name, due_ms).map(|_ran| true),
            _ => Ok(false),
        }
    }

    /// When something is due first, or an actor that sleeps wants to be awake.
    pub(super) fn alarm_ms(&self) -> Option<u64> {
        HOST.with_borrow(|host| {
            let once = host.schedules.keys().next().map(|(due_ms, _)| *due_ms);
            let wake = host.wake_at_ms.filter(|_| host.asleep);
            let jobs = host.jobs.values().map(|kept| kept.job.next_run_ms);
            once.into_iter().chain(wake).chain(jobs).min()
        })
    }

    fn fire_job(&mut self, name: &str, due_ms: u64) -> Result<bool> {
        let call = next_call();
        let claimed = HOST.with_borrow_mut(|host| {
            let is_running = host.jobs.get(name)?.is_running(host);
            let now_ms = host.now_ms.max(due_ms);
            let kept = host.jobs.get_mut(name)?;
            if let Cadence::Every(interval_ms) = kept.job.cadence {
                let steps = now_ms.saturating_sub(kept.job.next_run_ms) / interval_ms.max(1) + 1;
                kept.job.next_run_ms += steps * interval_ms.max(1);
            }
            let outcome = if is_running { Outcome::Skipped } else { Outcome::Running };
            let action = kept.job.action.clone();
            let firing = Firing {
                action,
                scheduled_at_ms: due_ms,
                fired_at_ms: now_ms,
                finished_at_ms: None,
                outcome,
            };
            kept.firings.push((call, firing));
            if is_running {
                return None;
            }
            kept.job.last_run_ms = Some(now_ms);
            Some(kept.job.clone())
        });
        let Some(job) = claimed else { return Ok(false) };
        let kind = if matches!(job.cadence, Cadence::Every(_)) { FiredKind::Every } else { FiredKind::Cron };
        let fired = Fired { name: Some(name.to_owned()), ..fired(kind, name, due_ms) };
        act::<A>(call, &job.action, &job.args, &fired)?;
        HOST.with_borrow_mut(|host| host.forget_missing(name, call));
        Ok(true)
    }

    fn wake_for_alarm(&mut self) -> Result<()> {
        if HOST.with_borrow(|host| host.asleep) { self.wake() } else { Ok(()) }
    }
}

impl Host {
    /// Deletes a job whose action does not exist.
    fn forget_missing(&mut self, name: &str, call: u64) {
        if matches!(self.answers.get(&call), Some(Err(error)) if error.code == "action_not_found") {
            self.jobs.remove(name);
        }
    }
}

fn fired(kind: FiredKind, id: &str, scheduled_at: u64) -> Fired {
    let fired_at = HOST.with_borrow(|host| host.now_ms);
    Fired { kind, id: id.to_owned(), name: None, scheduled_at, fired_at }
}

/// Gives the actor an action that comes through no connection.
fn act<A: Actor>(call: u64, action: &str, args: &[u8], fired: &Fired) -> Result<()> {
    let mut args: Vec<Value> = crate::from_cbor(args)?;
    args.push(serde_cbor::value::to_value(fired)?);
    let payload = crate::to_cbor(&args)?;
    deliver::<A>(Event { name: action.to_owned(), payload, ..event(ACTION, call) });
    Ok(())
}
