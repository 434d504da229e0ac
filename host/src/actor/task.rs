//! The task of one instance: takes one event after another and lets a turn pass for each.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorError, CallId, Effect, Event, EventKind, Outcome, limits};
use rivet_sandbox::{Instance, Turn};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::actor::call::{Call, Message, Reply};
use crate::actor::deadlines::{Deadlines, Due};
use crate::actor::end::{close, refuse};
use crate::actor::gate::{Answer, Gate, not_saved};
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::report;
use crate::actor::start::{START_CALL, Start};
use crate::actor::supervisor::Supervisor;

/// One instance of an actor.
pub(super) struct ActorTask {
    pub(super) supervisor: Supervisor,
    pub(super) start: Start,
    pub(super) instance: Instance,
    /// Its place among the live instances.
    pub(super) room: OwnedSemaphorePermit,
    pub(super) mailbox: mpsc::Receiver<Message>,
    pub(super) gate: Gate,
    phase: Phase,
    deadlines: Deadlines,
    /// Calls that the guest has taken and not answered.
    pub(super) calls: HashMap<CallId, Waiting>,
    /// Who asked for the actor's end.
    pub(super) destroyers: Vec<oneshot::Sender<Reply>>,
    last_call: CallId,
    /// Why the life ended, for those who still wait for an answer.
    pub(super) failure: Option<ActorError>,
}

/// A call that the guest has taken.
pub(super) struct Waiting {
    action: String,
    pub(super) answer: oneshot::Sender<Reply>,
}

impl ActorTask {
    /// Lives one instance's life, in its place among the live instances.
    pub(super) async fn run(
        supervisor: Supervisor,
        start: Start,
        mut mailbox: mpsc::Receiver<Message>,
        room: OwnedSemaphorePermit,
    ) {
        let gate = Gate::new(supervisor.shared.store.clone(), start.claim);
        let instance = match start.instantiate(&supervisor.shared.store).await {
            Ok(instance) => instance,
            Err(trap) => {
                report::trapped(&start.record, &start.launch.component, "instantiation", &trap);
                let left = close(&mut mailbox);
                supervisor.shared.live.forget(&start.record, start.claim.generation());
                supervisor.shared.store.release(start.claim);
                return refuse(&supervisor, &start, left, report::panicked(&trap)).await;
            }
        };
        let phase = Phase::Starting { call: START_CALL, first: start.input.is_some() };
        let task = Self {
            supervisor,
            start,
            instance,
            room,
            mailbox,
            gate,
            phase,
            deadlines: Deadlines::default(),
            calls: HashMap::new(),
            destroyers: Vec::new(),
            last_call: START_CALL,
            failure: None,
        };
        task.live().await;
    }

    async fn live(mut self) {
        self.set_deadline(Due::Phase, limits::START_TIMEOUT_MS);
        self.turn(self.start.event()).await;
        let end = loop {
            if let Phase::Ended(end) = self.phase {
                break end;
            }
            let wait =
                self.deadlines.next().map(|at| at.saturating_sub(self.supervisor.shared.clock.monotonic()));
            let takes_calls = self.phase.takes_calls() && self.calls.len() < limits::MAILBOX_CALLS;
            // One deadline and one message by turns: neither a full mailbox nor a storm of timers starves the other.
            // Not left to the select, because a sleep of no time is not over when it is first looked at.
            let message = if wait.is_some_and(|wait| wait.is_zero()) {
                self.deadline().await;
                if !takes_calls || !self.phase.takes_calls() {
                    continue;
                }
                match self.mailbox.try_recv() {
                    Ok(message) => Some(message),
                    Err(_) => continue,
                }
            } else {
                tokio::select! {
                    () = sleep(wait) => continue,
                    message = self.mailbox.recv(), if takes_calls => message,
                }
            };
            match message {
                Some(Message::Call(call)) => self.call(call).await,
                Some(Message::Destroy(done)) => {
                    self.destroyers.push(done);
                    self.destroy().await;
                }
                // The host is going down.
                Some(Message::Stop(ended)) => return drop(ended),
                // The actor was removed without being told.
                None => return,
            }
        };
        self.end(end).await;
    }

    async fn call(&mut self, call: Call) {
        if call.deadline <= self.supervisor.shared.clock.monotonic() {
            let _gone = call.answer.send(Err(timed_out().into()));
            return;
        }
        let id = self.next_call();
        self.calls.insert(id, Waiting { action: call.action.clone(), answer: call.answer });
        let event = Event { name: call.action, payload: call.args, ..Event::bare(EventKind::Action, id) };
        self.turn(event).await;
        if self.calls.contains_key(&id) {
            self.deadlines.set(Due::Call(id), call.deadline);
        }
    }

    async fn destroy(&mut self) {
        let call = self.next_call();
        self.happen(Happening::DestroyAsked(call));
        self.set_deadline(Due::Phase, limits::DESTROY_GRACE_MS);
        // Boxed, because a turn may ask for the end, and the end is a turn.
        Box::pin(self.turn(Event::bare(EventKind::Destroy, call))).await;
    }

    async fn deadline(&mut self) {
        let now = self.supervisor.shared.clock.monotonic();
        match self.deadlines.take_due(now) {
            None => {}
            Some(Due::Phase) => {
                let message = "the actor did not answer its start in time";
                self.failure = Some(ActorError::actor("callback_timed_out", message));
                self.happen(Happening::PhaseTimedOut);
            }
            Some(Due::Call(id)) => {
                self.instance.close_call(id);
                if let Some(waiting) = self.calls.remove(&id) {
                    let _gone = waiting.answer.send(Err(timed_out().into()));
                }
            }
            Some(Due::Timer(operation)) => self.turn(Event::bare(EventKind::Completion, operation)).await,
        }
    }

    /// Lets one turn pass, up to its gate.
    async fn turn(&mut self, event: Event) {
        let (kind, id, subject) = (event.kind, event.id, report::subject(&event));
        let before = self.phase;
        let starts_first = matches!(before, Phase::Starting { first: true, .. });
        let turn = match self.instance.turn(event).await {
            Ok(turn) => turn,
            Err(trap) => {
                report::trapped(&self.start.record, &self.start.launch.component, &subject, &trap);
                self.failure = Some(report::panicked(&trap));
                return self.happen(Happening::Crashed);
            }
        };
        let Turn { mut writes, mut effects, handled } = turn;
        if !handled {
            effects.extend(unhandled(kind, id));
        }
        let mut answers = Vec::new();
        let mut destroy = false;
        for effect in effects {
            match effect {
                Effect::Reply { call, outcome } => answers.extend(self.answered(call, outcome)),
                // A timer speaks to nobody but the actor, so it need not wait for the commit.
                Effect::StartTimer { operation, after_ms } => {
                    self.set_deadline(Due::Timer(operation), after_ms)
                }
                Effect::Cancel { operation } => self.deadlines.clear(Due::Timer(operation)),
                Effect::Destroy => destroy = true,
            }
        }
        if starts_first && self.phase == Phase::Ready {
            self.supervisor.shared.directory.mark_started(self.start.record.id, &mut writes);
        }
        if let Err(error) = self.gate.pass(writes, answers).await {
            tracing::error!(actor = %self.start.record.id, "{subject} could not be saved: {error}");
            self.failure = Some(not_saved(error));
            // As if the turn had not been: a start that was not saved has failed, whatever the guest answered.
            self.phase = before.after(Happening::Crashed);
            return;
        }
        if destroy && self.phase == Phase::Ready {
            self.destroy().await;
        }
    }

    /// Takes note of an answer; gives what is to leave for a caller.
    fn answered(&mut self, call: CallId, outcome: Outcome) -> Option<Answer> {
        let waiting = self.calls.remove(&call);
        self.deadlines.clear(Due::Call(call));
        if let Err(error) = outcome.as_ref()
            && !error.is_public()
        {
            let subject =
                waiting.as_ref().map_or("start or end".to_owned(), |w| format!("action {:?}", w.action));
            report::refused(&self.start.record, &self.start.launch.component, &subject, error);
        }
        match waiting {
            Some(waiting) => Some(Answer::new(waiting.answer, outcome)),
            None => {
                self.happen(if outcome.is_ok() {
                    Happening::Answered(call)
                } else {
                    Happening::Refused(call)
                });
                self.failure = outcome.err().or(self.failure.take());
                None
            }
        }
    }

    fn happen(&mut self, happening: Happening) {
        let before = self.phase;
        self.phase = before.after(happening);
        if self.phase != before {
            self.deadlines.clear(Due::Phase);
        }
    }

    fn next_call(&mut self) -> CallId {
        self.last_call += 1;
        self.last_call
    }

    fn set_deadline(&mut self, due: Due, after_ms: u64) {
        let now = self.supervisor.shared.clock.monotonic();
        self.deadlines.set(due, now.saturating_add(Duration::from_millis(after_ms)));
    }
}

/// What stands for the answer of a guest that does not know a kind of event.
fn unhandled(kind: EventKind, id: u64) -> Option<Effect> {
    let outcome = match kind {
        EventKind::Create | EventKind::Wake | EventKind::Destroy => Ok(Bytes::new()),
        EventKind::Action => Err(ActorError::actor("invalid_operation", "the component takes no actions")),
        EventKind::Completion => return None,
    };
    Some(Effect::Reply { call: id, outcome })
}

/// What a caller sees that has waited for too long.
pub(super) fn timed_out() -> ActorError {
    ActorError::actor("action_timed_out", "Action timed out")
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
