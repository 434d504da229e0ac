//! The task of one instance: takes one event after another and lets a turn pass for each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{ActorError, CallId, ConnectionId, ConnectionKind, Event, EventKind, OperationId, limits};
use rivet_sandbox::Instance;
use rivet_store::Connections;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::actor::call::{CallError, Message, Reply};
use crate::actor::deadlines::{Deadlines, Due};
use crate::actor::end::{close, refuse};
use crate::actor::exchange::Outside;
use crate::actor::gate::Gate;
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::report;
use crate::actor::sockets::Sockets;
use crate::actor::start::{START_CALL, Start};
use crate::actor::supervisor::Supervisor;
use crate::actor::visitors::{Stage, Visitor, goodbye};
use crate::actor::waiter::{Agenda, Next, Waiter};

/// One instance of an actor.
pub(super) struct ActorTask {
    pub(super) supervisor: Supervisor,
    pub(super) start: Start,
    pub(super) instance: Instance,
    /// Its place among the live instances.
    pub(super) room: OwnedSemaphorePermit,
    pub(super) mailbox: mpsc::Receiver<Message>,
    pub(super) gate: Gate,
    pub(super) phase: Phase,
    pub(super) deadlines: Deadlines,
    /// Calls that the guest has taken and not answered.
    pub(super) calls: HashMap<CallId, Waiter>,
    /// What comes before the next message.
    pub(super) agenda: Agenda,
    /// The actor's open sockets.
    pub(super) sockets: Arc<Sockets>,
    /// The connections with a socket, as the guest sees them.
    pub(super) visitors: HashMap<ConnectionId, Visitor>,
    /// Operations that end outside, with the raw request that one reads; and where they say so. There are as many as the
    /// guest may have pending.
    pub(super) operations: HashMap<OperationId, Option<CallId>>,
    pub(super) to_outside: mpsc::UnboundedSender<Outside>,
    pub(super) from_outside: mpsc::UnboundedReceiver<Outside>,
    /// What came from there, and was looked at before its turn.
    pub(super) found: VecDeque<Outside>,
    /// Raw answers that are under way. Nobody waits for their calls.
    pub(super) raw_answers: usize,
    /// Who asked for the actor's end.
    pub(super) destroyers: Vec<oneshot::Sender<Reply>>,
    last_call: CallId,
    /// Why the life ended, for those who still wait for an answer.
    pub(super) failure: Option<ActorError>,
    /// The connection whose leave-taking trapped: it is forgotten without.
    pub(super) unmourned: Option<ConnectionId>,
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
        let sockets = supervisor.shared.sockets.of(start.record.id);
        let store = &supervisor.shared.store;
        let (mut visitors, mut open, mut lost) = (HashMap::new(), Vec::new(), Vec::new());
        // A store that cannot be read says so at the first turn, too.
        let known = Connections::new(store.clone()).load(start.record.id).unwrap_or_else(|error| {
            tracing::error!(actor = %start.record.id, "its connections cannot be read: {error}");
            Vec::new()
        });
        for (id, connection) in known {
            match sockets.outlet(id) {
                Some(outlet) => {
                    let (kind, hibernates) = (connection.kind, true);
                    visitors.insert(id, Visitor { outlet, kind, hibernates, stage: Stage::In });
                    open.push((id, connection));
                }
                None => lost.push(Next::Mourn(id, connection)),
            }
        }
        let instance = match start.instantiate(store, open).await {
            Ok(instance) => instance,
            Err(trap) => {
                report::trapped(&start.record, &start.launch.component, "instantiation", &trap);
                let left = close(&mut mailbox);
                supervisor.shared.live.forget(&start.record, start.claim.generation());
                supervisor.shared.store.release(start.claim);
                supervisor.shared.sockets.release(start.record.id, sockets);
                return refuse(&supervisor, &start, left, report::panicked(&trap)).await;
            }
        };
        let (to_outside, from_outside) = mpsc::unbounded_channel();
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
            // Not looked at before the start is answered.
            agenda: lost.into(),
            sockets,
            visitors,
            operations: HashMap::new(),
            to_outside,
            from_outside,
            found: VecDeque::new(),
            raw_answers: 0,
            destroyers: Vec::new(),
            last_call: START_CALL,
            failure: None,
            unmourned: None,
        };
        task.live().await;
    }

    async fn live(mut self) {
        self.set_deadline(Due::Phase, limits::START_TIMEOUT_MS);
        self.turn(self.start.event()).await;
        let end = loop {
            self.work_off().await;
            if let Phase::Ended(end) = self.phase {
                break end;
            }
            match self.next_happening().await {
                Woken::Nothing => {}
                Woken::Message(message) => {
                    // The host is going down.
                    if let Message::Stop(ended) = message {
                        return drop(ended);
                    }
                    self.message(message).await;
                }
                Woken::Outside(outside) => self.outside(outside).await,
                // The actor was removed without being told.
                Woken::Closed => return,
            }
        };
        self.end(end).await;
    }

    /// Waits for what comes next: one deadline and one message by turns, so that neither a full mailbox nor a storm
    /// of timers starves the other.
    async fn next_happening(&mut self) -> Woken {
        if let Some(outside) = self.found.pop_front() {
            return Woken::Outside(outside);
        }
        let wait =
            self.deadlines.next().map(|at| at.saturating_sub(self.supervisor.shared.clock.monotonic()));
        let takes_calls =
            |task: &Self| task.phase.takes_calls() && task.waiting_calls() < limits::MAILBOX_CALLS;
        // Not left to the select, because a sleep of no time is not over when it is first looked at.
        if wait.is_some_and(|wait| wait.is_zero()) {
            self.deadline().await;
            if let Ok(outside) = self.from_outside.try_recv() {
                return Woken::Outside(outside);
            }
            // What the deadline left on the agenda comes first.
            if !self.agenda.is_empty() || !takes_calls(self) {
                return Woken::Nothing;
            }
            return self.mailbox.try_recv().map_or(Woken::Nothing, Woken::Message);
        }
        let takes_calls = takes_calls(self);
        tokio::select! {
            () = sleep(wait) => Woken::Nothing,
            Some(outside) = self.from_outside.recv() => Woken::Outside(outside),
            message = self.mailbox.recv(), if takes_calls => message.map_or(Woken::Closed, Woken::Message),
        }
    }

    /// How many calls somebody waits for.
    fn waiting_calls(&self) -> usize {
        self.calls.len() - self.raw_answers
    }

    async fn message(&mut self, message: Message) {
        match message {
            Message::Call(call) => self.visit(call).await,
            Message::Connect(connect) => self.connect(connect).await,
            Message::Frame(frame) => self.frame(frame).await,
            Message::Request(request) => self.request(request).await,
            Message::Destroy(done) => {
                self.destroyers.push(done);
                self.agenda.push_back(Next::Destroy);
            }
            Message::Stop(ended) => drop(ended),
        }
    }

    /// Does what earlier turns have left to do.
    async fn work_off(&mut self) {
        while !matches!(self.phase, Phase::Ended(_) | Phase::Starting { .. })
            && self.waiting_calls() < limits::MAILBOX_CALLS
            && let Some(next) = self.agenda.pop_front()
        {
            match next {
                Next::Call(connection, call) if self.phase.takes_calls() => self.call(connection, call).await,
                Next::Call(_, call) => Message::Call(call).end(CallError::Gone),
                Next::Leave(connection, reason) => self.take_leave(connection, reason).await,
                Next::HangUp(connection) => {
                    self.take_leave_of(connection, ConnectionKind::Action, goodbye()).await;
                }
                Next::Mourn(id, connection) => self.mourn(id, connection).await,
                Next::Destroy => self.destroy().await,
                Next::Farewell(call) => self.turn(Event::bare(EventKind::Destroy, call)).await,
            }
        }
    }

    async fn destroy(&mut self) {
        let call = self.next_call();
        let before = self.phase;
        self.happen(Happening::DestroyAsked(call));
        if self.phase == before {
            // It is on its way already.
            return;
        }
        self.set_deadline(Due::Phase, limits::DESTROY_GRACE_MS);
        self.dismiss_all().await;
        self.agenda.push_back(Next::Farewell(call));
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
            Some(Due::Call(id)) => self.time_out(id).await,
            Some(Due::Timer(operation)) => self.turn(Event::bare(EventKind::Completion, operation)).await,
        }
    }

    /// Takes a call that waits for an answer.
    pub(super) async fn take(
        &mut self,
        waiter: Waiter,
        deadline: Duration,
        event: impl FnOnce(CallId) -> Event,
    ) {
        let id = self.next_call();
        self.calls.insert(id, waiter);
        self.turn(event(id)).await;
        if self.calls.get(&id).is_some_and(Waiter::waits) {
            self.deadlines.set(Due::Call(id), deadline);
        }
    }

    pub(super) fn happen(&mut self, happening: Happening) {
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

    /// Whether a time on the monotonic clock has come.
    pub(super) fn is_past(&self, deadline: Duration) -> bool {
        deadline <= self.supervisor.shared.clock.monotonic()
    }

    /// A time from now, on the monotonic clock.
    pub(super) fn after(&self, after_ms: u64) -> Duration {
        self.supervisor.shared.clock.monotonic().saturating_add(Duration::from_millis(after_ms))
    }

    pub(super) fn set_deadline(&mut self, due: Due, after_ms: u64) {
        self.deadlines.set(due, self.after(after_ms));
    }
}

/// What an instance was woken by.
enum Woken {
    Message(Message),
    Outside(Outside),
    Closed,
    /// A deadline, which is dealt with.
    Nothing,
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
