//! The task of one instance: takes one event after another and lets a turn pass for each.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorError, CallId, Effect, Event, EventKind, Outcome, limits};
use rivet_sandbox::{Instance, Turn};
use rivet_store::WriteSet;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::actor::call::{Call, CallError, Message, Reply};
use crate::actor::deadlines::{Deadlines, Due};
use crate::actor::gate::{Answer, Gate, commit_failed};
use crate::actor::lifecycle::{End, Happening, Phase};
use crate::actor::report;
use crate::actor::start::{START_CALL, Start};
use crate::actor::supervisor::Supervisor;

/// One instance of an actor.
pub(super) struct ActorTask {
    supervisor: Supervisor,
    start: Start,
    instance: Instance,
    mailbox: mpsc::Receiver<Message>,
    gate: Gate,
    phase: Phase,
    deadlines: Deadlines,
    /// Calls that the guest has taken and not answered.
    calls: HashMap<CallId, Waiting>,
    /// Who asked for the actor's end.
    destroyers: Vec<oneshot::Sender<Reply>>,
    last_call: CallId,
    /// Why the life ended, for those who still wait for an answer.
    failure: Option<ActorError>,
}

struct Waiting {
    action: String,
    answer: oneshot::Sender<Reply>,
}

impl ActorTask {
    /// Lives one instance's life. `_room` is its place among the live instances.
    pub(super) async fn run(
        supervisor: Supervisor,
        start: Start,
        mut mailbox: mpsc::Receiver<Message>,
        _room: OwnedSemaphorePermit,
    ) {
        let gate = Gate::new(supervisor.shared.store.clone(), start.claim);
        let instance = match start.instantiate(&supervisor.shared.store).await {
            Ok(instance) => instance,
            Err(trap) => {
                report::trapped(&start.record, &start.launch.component, "instantiation", &trap);
                let left = close(&mut mailbox, Vec::new());
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
            let clock = &self.supervisor.shared.clock;
            let wait = self.deadlines.next().map(|at| at.saturating_sub(clock.monotonic()));
            tokio::select! {
                biased;
                () = sleep(wait) => self.deadline().await,
                message = self.mailbox.recv(), if self.phase.takes_calls() => match message {
                    Some(Message::Call(call)) => self.call(call).await,
                    Some(Message::Destroy(done)) => {
                        self.destroyers.push(done);
                        self.destroy().await;
                    }
                    // The host is going down.
                    None => return,
                },
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
        let starts_first = matches!(self.phase, Phase::Starting { first: true, .. });
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
            self.failure = Some(commit_failed(error));
            return self.happen(Happening::Crashed);
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
            Some(waiting) => Some(Answer { to: waiting.answer, outcome }),
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

    /// Ends the life: tells everyone who waits, and passes on what the instance has not taken.
    async fn end(mut self, end: End) {
        let left = close(&mut self.mailbox, std::mem::take(&mut self.destroyers));
        let asked_to_go = left.iter().any(|message| matches!(message, Message::Destroy(_)));
        if end == End::Destroyed || asked_to_go {
            self.remove(left).await;
        } else {
            let failure =
                self.failure.clone().unwrap_or_else(|| ActorError::actor("stopped", "the actor stopped"));
            self.fail_calls(&failure).await;
            self.forget();
            match end {
                End::StartFailed => left.into_iter().for_each(|message| message.end(failure.clone().into())),
                End::Crashed | End::Destroyed => self.supervisor.repost(self.start.record.id, left),
            }
        }
    }

    /// Removes everything the actor has, in one commit.
    async fn remove(mut self, left: Vec<Message>) {
        let shared = &self.supervisor.shared;
        let writes = shared.directory.remove(&self.start.record, shared.clock.now_ms());
        let removed = self.gate.pass_and_wait(writes).await;
        self.fail_calls(&ActorError::actor("destroying", "the actor was destroyed")).await;
        self.forget();
        match removed {
            Ok(()) => {
                left.into_iter().for_each(|message| message.end(CallError::Gone));
                self.supervisor.reclaim();
            }
            Err(error) => {
                tracing::error!(actor = %self.start.record.id, "the actor could not be removed: {error}");
                left.into_iter().for_each(|message| message.end(commit_failed(error).into()));
            }
        }
    }

    /// Answers the calls that the instance had taken. Behind the gate, so that no answer overtakes one of an earlier turn.
    async fn fail_calls(&mut self, error: &ActorError) {
        let calls =
            self.calls.drain().map(|(_, waiting)| Answer { to: waiting.answer, outcome: Err(error.clone()) });
        let answers = calls.collect();
        // Refused, the answers are dropped, and their callers see that.
        let _refused = self.gate.pass(WriteSet::new(), answers).await;
    }

    fn forget(&mut self) {
        let shared = &self.supervisor.shared;
        shared.live.forget(&self.start.record, self.start.claim.generation());
        shared.store.release(self.start.claim);
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

/// Ends the messages for an instance that never was.
async fn refuse(supervisor: &Supervisor, start: &Start, left: Vec<Message>, failure: ActorError) {
    let mut error = CallError::Actor(failure);
    if left.iter().any(|message| matches!(message, Message::Destroy(_))) {
        error = supervisor.remove_untold(start.record.id).await.err().unwrap_or(CallError::Gone);
    }
    left.into_iter().for_each(|message| message.end(error.clone()));
}

/// Closes a mailbox and takes what is left in it, behind the ends that were asked for already.
fn close(mailbox: &mut mpsc::Receiver<Message>, destroyers: Vec<oneshot::Sender<Reply>>) -> Vec<Message> {
    mailbox.close();
    let mut left: Vec<Message> = destroyers.into_iter().map(Message::Destroy).collect();
    while let Ok(message) = mailbox.try_recv() {
        left.push(message);
    }
    left
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

fn timed_out() -> ActorError {
    ActorError::actor("action_timed_out", "Action timed out")
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}
