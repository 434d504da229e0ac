//! What fires: claimed in the turn that its action begins with, so that both commit or neither does.

use bytes::Bytes;
use rivet_ground::{ActorError, CallId, Event, EventKind, limits};
use rivet_store::{Overlay, Table, WriteSet};
use serde::Serialize;

use crate::iface::calls::OpenCall;
use crate::iface::fault::Fault;
use crate::iface::inside::Inside;
use crate::iface::schedule::args::with_last;
use crate::iface::schedule::history::error_outcome;
use crate::iface::schedule::rows::{Due, Firing, Job, Once, Outcome, Place, decode, encode};
use crate::log_lines::Level;

/// What has become of the schedule that was due first.
#[derive(Debug)]
pub enum Claim {
    /// None is due.
    Nothing,
    /// An action is to run: its name and its arguments. The next turn is to be the event `action` with these; what the claim
    /// writes commits with it.
    Action(String, Bytes),
    /// Nothing is to run: this is to be committed.
    Settled(WriteSet),
}

/// What a turn has claimed, and when.
pub(crate) struct Claimed {
    now_ms: u64,
    /// The run of a job.
    run: Option<Run>,
}

/// A run of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    name: String,
    action: String,
    place: Place,
}

/// The argument behind those of a scheduled action (`ScheduledFireInfo` of rivetkit 2.3.19).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fired<'a> {
    kind: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    scheduled_at: u64,
    fired_at: u64,
}

impl Inside {
    /// Claims the first schedule, if it is due.
    ///
    /// # Errors
    /// The store cannot be read. Nothing is claimed then.
    pub(crate) fn claim_due(&mut self) -> wasmtime::Result<Claim> {
        let now_ms = self.now_ms();
        self.claim_at(now_ms).map_err(|fault| {
            self.drop_turn();
            fault.into_host()
        })
    }

    fn claim_at(&mut self, now_ms: u64) -> Result<Claim, Fault> {
        match self.first_due_now(now_ms)? {
            Some((due_ms, Due::Once(id), value)) => {
                self.delete_due(due_ms, &Due::Once(id))?;
                self.count_out();
                let Once { action, args } = decode(Table::Schedules, &value)?;
                let id = id.to_string();
                let fired = Fired { kind: "at", id: &id, name: None, scheduled_at: due_ms, fired_at: now_ms };
                self.agenda.claimed = Some(Claimed { now_ms, run: None });
                Ok(Claim::Action(action, with_last(&args.0, &encode(&fired)).into()))
            }
            Some((due_ms, Due::Job(name), _)) => self.claim_job(&name, due_ms, now_ms),
            None => Ok(Claim::Nothing),
        }
    }

    fn claim_job(&mut self, name: &str, due_ms: u64, now_ms: u64) -> Result<Claim, Fault> {
        let due = Due::Job(name.to_owned());
        self.delete_due(due_ms, &due)?;
        // Without a job it is a row that should not be there.
        let Some((job, mut progress)) = self.job(name)? else { return self.settled() };
        match job.cadence.next_ms(due_ms, now_ms) {
            Ok(next_ms) => progress.next_ms = next_ms,
            Err(error) => {
                let error = ActorError::from(error);
                self.log(Level::Error, &format!("the job {name:?} is due no more and deleted: {error}"));
                self.remove_job(name, &progress)?;
                self.clear_history(name)?;
                return self.settled();
            }
        }
        self.put_due(progress.next_ms, &due, Vec::new())?;
        self.end_interrupted(name, &mut progress)?;
        progress.firings += 1;
        let (place, is_running) =
            (Place { fired_ms: now_ms, number: progress.firings }, progress.running.is_some());
        let Job { cadence, action, args, max_history } = job;
        let firing = Firing {
            action: action.clone(),
            scheduled_ms: due_ms,
            fired_ms: now_ms,
            finished_ms: None,
            outcome: if is_running { Outcome::Skipped } else { Outcome::Running },
        };
        self.add_history(name, &mut progress, max_history, place, &firing)?;
        if is_running {
            self.put_progress(name, &progress)?;
            return self.settled();
        }
        progress.running = Some(place);
        progress.last_ms = Some(now_ms);
        self.put_progress(name, &progress)?;
        let run = Run { name: name.to_owned(), action: action.clone(), place };
        self.agenda.claimed = Some(Claimed { now_ms, run: Some(run) });
        let kind = cadence.kind();
        let fired = Fired { kind, id: name, name: Some(name), scheduled_at: due_ms, fired_at: now_ms };
        Ok(Claim::Action(action, with_last(&args.0, &encode(&fired)).into()))
    }

    /// What the turn begins that is to run what was claimed.
    pub(in crate::iface) fn open_claimed(&self, event: &Event) -> OpenCall {
        let claimed = self.agenda.claimed.as_ref().filter(|_| event.kind == EventKind::Action);
        claimed.and_then(|claimed| claimed.run.clone()).map_or(OpenCall::Plain, OpenCall::Scheduled)
    }

    /// What remains of a turn that trapped: what it had claimed has fired all the same, else it would do so for ever.
    pub(crate) fn schedule_after_trap(&mut self) -> WriteSet {
        let Some(claimed) = self.agenda.claimed.take() else { return WriteSet::new() };
        let settled = self.claim_at(claimed.now_ms).and_then(|_| {
            let error = ActorError::actor("panicked", "the turn trapped");
            claimed.run.iter().try_for_each(|run| self.end_run(run, Err(&error)))?;
            self.take_writes()
        });
        self.agenda.claimed = None;
        settled.unwrap_or_else(|fault| {
            self.log(Level::Error, &format!("what had fired could not be settled: {:#}", fault.into_host()));
            self.drop_turn();
            WriteSet::new()
        })
    }

    /// Closes a call because of an error, which its caller has been told; what is to be committed.
    pub(crate) fn fail_call(&mut self, call: CallId, error: &ActorError) -> WriteSet {
        let Some(OpenCall::Scheduled(run)) = self.open_calls.get(&call) else {
            self.close_call(call);
            return WriteSet::new();
        };
        let run = run.clone();
        self.open_calls.remove(&call);
        let settled = self.end_run(&run, Err(error)).and_then(|()| self.take_writes());
        settled.unwrap_or_else(|fault| {
            self.log(Level::Error, &format!("its end could not be noted: {:#}", fault.into_host()));
            self.drop_turn();
            WriteSet::new()
        })
    }

    /// Writes into the turn how a run has ended.
    pub(in crate::iface) fn settle_run(&mut self, run: &Run, outcome: Result<(), &ActorError>) {
        if let Err(fault) = self.end_run(run, outcome) {
            let error = fault.into_host();
            self.log(
                Level::Error,
                &format!("the end of the job {:?} could not be noted: {error:#}", run.name),
            );
        }
    }

    fn end_run(&mut self, run: &Run, outcome: Result<(), &ActorError>) -> Result<(), Fault> {
        // A job that was deleted meanwhile has no progress, or that of one that was set after it.
        let Some(mut progress) = self.progress(&run.name)?.filter(|it| it.running == Some(run.place)) else {
            return Ok(());
        };
        // A turn that has no room for it leaves the run as one that was interrupted.
        if self.overlay()?.len_bytes() + limits::HISTORY_ROW_BYTES > limits::TURN_WRITE_BYTES {
            return Ok(());
        }
        progress.running = None;
        self.put_progress(&run.name, &progress)?;
        let ended = outcome.map_or_else(|error| error_outcome(error.clone()), |()| Outcome::Ok);
        self.end_history(&run.name, run.place, ended)?;
        let is_missing = outcome.is_err_and(|error| error.path() == "actor.action_not_found");
        // One that was set meanwhile with another action is another one.
        if is_missing && self.job(&run.name)?.is_some_and(|(job, _)| job.action == run.action) {
            self.remove_job(&run.name, &progress)?;
            if progress.rows == 0 {
                self.delete_progress(&run.name)?;
            }
        }
        Ok(())
    }

    /// Whether a run is going on in this instance.
    pub(super) fn is_running(&self, name: &str, place: Place) -> bool {
        let is_it = |run: &Run| run.name == name && run.place == place;
        self.open_calls.values().any(|open| matches!(open, OpenCall::Scheduled(run) if is_it(run)))
    }

    fn settled(&mut self) -> Result<Claim, Fault> {
        Ok(Claim::Settled(self.take_writes()?))
    }

    /// Takes what was written outside a turn.
    fn take_writes(&mut self) -> Result<WriteSet, Fault> {
        self.write_alarm()?;
        Ok(self.overlay.as_mut().map(Overlay::take).unwrap_or_default())
    }
}
