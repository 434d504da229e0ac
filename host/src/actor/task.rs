//! The task of one instance: takes one event after another and lets a turn pass for each.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{ActorError, CallId, ConnectionId, Event, EventKind, OperationId, limits};
use rivet_sandbox::Instance;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::actor::call::{Message, Reply};
use crate::actor::deadlines::{Deadlines, Due};
use crate::actor::end::{close, refuse};
use crate::actor::exchange::Completed;
use crate::actor::gate::Gate;
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::report;
use crate::actor::sockets::Sockets;
use crate::actor::start::{START_CALL, Start};
use crate::actor::supervisor::Supervisor;
use crate::actor::visitors::Visitor;
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
    pub(super) completions: mpsc::UnboundedSender<Completed>,
    pub(super) completed: mpsc::UnboundedReceiver<Completed>,
    /// Operations that ended, and were found so before their turn.
    pub(super) found: VecDeque<Completed>,
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
        mut start: Start,
        mut mailbox: mpsc::Receiver<Message>,
        room: OwnedSemaphorePermit,
    ) {
        let gate = Gate::new(supervisor.shared.store.clone(), start.claim);
        let sockets = supervisor.shared.sockets.of(start.record.id);
        let (open, lost): (Vec<_>, Vec<_>) =
            start.connections.drain(..).partition(|(id, _)| sockets.outlet(*id).is_some());
        let instance = match start.instantiate(&supervisor.shared.store, open.clone()).await {
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
        let visitors = open.iter().filter_map(|(id, connection)| {
            Some((*id, Visitor { outlet: sockets.outlet(*id)?, kind: connection.kind }))
        });
        let (completions, completed) = mpsc::unbounded_channel();
        let phase = Phase::Starting { call: START_CALL, first: start.input.is_some() };
        let task = Self {
            visitors: visitors.collect(),
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
            agenda: lost.into_iter().map(|(id, connection)| Next::Mourn(id, connection)).collect(),
            sockets,
            operations: HashMap::new(),
            completions,
            completed,
            found: VecDeque::new(),
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
                Woken::Completed((operation, outcome)) => {
                    if self.operations.remove(&operation).is_some() {
                        self.complete(operation, outcome).await;
                    }
                }
                // The actor was removed without being told.
                Woken::Closed => return,
            }
        };
        self.end(end).await;
    }

    /// Waits for what comes next: one deadline and one message by turns, so that neither a full mailbox nor a storm
    /// of timers starves the other.
    async fn next_happening(&mut self) -> Woken {
        if let Some(completed) = self.found.pop_front() {
            return Woken::Completed(completed);
        }
        let wait =
            self.deadlines.next().map(|at| at.saturating_sub(self.supervisor.shared.clock.monotonic()));
        let takes_calls = |task: &Self| task.phase.takes_calls() && task.calls.len() < limits::MAILBOX_CALLS;
        // Not left to the select, because a sleep of no time is not over when it is first looked at.
        if wait.is_some_and(|wait| wait.is_zero()) {
            self.deadline().await;
            if let Ok(completed) = self.completed.try_recv() {
                return Woken::Completed(completed);
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
            Some(completed) = self.completed.recv() => Woken::Completed(completed),
            message = self.mailbox.recv(), if takes_calls => message.map_or(Woken::Closed, Woken::Message),
        }
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
            && let Some(next) = self.agenda.pop_front()
        {
            match next {
                Next::Call(connection, call) => self.call(connection, call).await,
                Next::Leave(connection, reason) => self.take_leave(connection, reason).await,
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
    ) -> CallId {
        let id = self.next_call();
        self.calls.insert(id, waiter);
        self.turn(event(id)).await;
        if self.calls.contains_key(&id) {
            self.deadlines.set(Due::Call(id), deadline);
        }
        id
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
    Completed(Completed),
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
