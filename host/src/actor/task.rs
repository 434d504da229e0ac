//! The task of one instance: takes one event after another and lets a turn pass for each.

use std::collections::{HashMap, VecDeque};
use std::mem::discriminant;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use rivet_ground::{
    ActorError, CallId, ConnectionId, ConnectionKind, Event, EventKind, MessageId, OperationId, limits,
};
use rivet_sandbox::Instance;
use rivet_store::WriteSet;
use tokio::sync::{mpsc, oneshot};

use crate::actor::bedtime::Bedtime;
use crate::actor::call::{CallError, Message, Reply};
use crate::actor::deadlines::{Deadlines, Due};
use crate::actor::errand::Begun;
use crate::actor::exchange::Outside;
use crate::actor::gate::Gate;
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::live::Pulse;
use crate::actor::memory::Memory;
use crate::actor::room::{Leaving, Place, StartTurn};
use crate::actor::sockets::Sockets;
use crate::actor::start::Start;
use crate::actor::supervisor::Supervisor;
use crate::actor::tally::Origin;
use crate::actor::visitors::{Visitor, goodbye};
use crate::actor::waiter::{Agenda, Next, Waiter};

/// One instance of an actor.
pub(super) struct ActorTask {
    pub(super) supervisor: Supervisor,
    pub(super) start: Start,
    pub(super) instance: Instance,
    /// Its place among the live instances.
    pub(super) place: Place,
    /// Until its first turn is over.
    pub(super) start_turn: Option<StartTurn>,
    pub(super) mailbox: mpsc::Receiver<Box<Message>>,
    pub(super) gate: Gate,
    pub(super) phase: Phase,
    pub(super) deadlines: Deadlines,
    /// Calls that the guest has taken and not answered.
    pub(super) calls: HashMap<CallId, Waiter>,
    /// Those of them that wait for a message to be completed, by message. They wait for no turn.
    pub(super) senders: HashMap<MessageId, CallId>,
    /// What comes before the next message.
    pub(super) agenda: Agenda,
    /// The actor's open sockets.
    pub(super) sockets: Arc<Sockets>,
    /// The connections with a socket, as the guest sees them.
    pub(super) visitors: HashMap<ConnectionId, Visitor>,
    /// Operations that end outside; and where they say so. There are as many as the guest may have pending.
    pub(super) operations: HashMap<OperationId, Begun>,
    pub(super) to_outside: mpsc::UnboundedSender<Outside>,
    pub(super) from_outside: mpsc::UnboundedReceiver<Outside>,
    /// What came from there, and was looked at before its turn.
    pub(super) found: VecDeque<Outside>,
    /// Raw answers that are under way. Nobody waits for their calls.
    pub(super) raw_answers: usize,
    /// Who asked for the actor's end.
    pub(super) destroyers: Vec<oneshot::Sender<Reply>>,
    /// Who asked for its sleep.
    pub(super) sleepers: Vec<oneshot::Sender<Reply>>,
    /// Whoever waits for the instance to end because the host is going down.
    pub(super) stopping: Option<oneshot::Sender<()>>,
    /// Why it goes to sleep, once it does.
    pub(super) bedtime: Option<Bedtime>,
    /// When something last happened, on the monotonic clock, and where the others see it.
    pub(super) last_active: Duration,
    pub(super) pulse: Arc<Pulse>,
    /// Whether something held the actor up after its last turn.
    pub(super) held: bool,
    /// Whether it takes no call any more, for those that it makes meanwhile.
    pub(super) closing: Arc<AtomicBool>,
    /// What the alarm is set to, in milliseconds since the Unix epoch.
    pub(super) alarm_ms: Option<u64>,
    /// While it falls asleep.
    pub(super) leaving: Option<Leaving>,
    pub(super) last_call: CallId,
    /// What is to be written when it ends, because a turn of it trapped.
    pub(super) after_trap: WriteSet,
    /// Why the life ended, for those who still wait for an answer.
    pub(super) failure: Option<ActorError>,
    /// The connection whose leave-taking trapped: it is forgotten without.
    pub(super) unmourned: Option<ConnectionId>,
}

impl ActorTask {
    /// Lives from the start to the end.
    pub(super) async fn live(mut self, memory: Option<Memory>, lost: Vec<OperationId>) {
        self.set_deadline(Due::Phase, limits::START_TIMEOUT_MS);
        match memory {
            None => {
                let origin = if self.start.input.is_some() { Origin::Created } else { Origin::Cold };
                self.supervisor.shared.tally.started(origin);
                self.turn(self.start.event()).await;
            }
            Some(memory) => self.resume(memory, lost).await,
        }
        self.start_turn = None;
        let end = loop {
            self.work_off().await;
            if self.is_settled() {
                self.happen(Happening::Settled);
            }
            if let Phase::Ended(end) = self.phase {
                break end;
            }
            match self.next_happening().await {
                Woken::Nothing => {}
                Woken::Message(message) => {
                    self.beat();
                    self.message(*message).await;
                }
                Woken::Outside(outside) => {
                    // To look is not to touch.
                    if matches!(outside, Outside::Ended(..) | Outside::Left(_)) {
                        self.beat();
                    }
                    self.outside(outside).await;
                }
                // The actor was removed without being told.
                Woken::Closed => return,
            }
        };
        Box::pin(self.end(end)).await;
    }

    /// Something happens: the actor is not idle.
    pub(super) fn beat(&mut self) {
        self.last_active = self.supervisor.shared.clock.monotonic();
        self.pulse.beat(self.last_active);
    }

    /// Waits for what comes next: one deadline and one message by turns, so that neither a full mailbox nor a storm
    /// of timers starves the other.
    async fn next_happening(&mut self) -> Woken {
        if let Some(outside) = self.found.pop_front() {
            return Woken::Outside(outside);
        }
        let now = self.supervisor.shared.clock.monotonic();
        let takes_calls = |task: &Self| task.phase.takes_calls() && task.has_room();
        // Not left to the select, because a sleep of no time is not over when it is first looked at.
        if self.deadlines.next().is_some_and(|at| at <= now) {
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
            () = self.deadlines.come(now) => Woken::Nothing,
            Some(outside) = self.from_outside.recv() => Woken::Outside(outside),
            message = self.mailbox.recv(), if takes_calls => message.map_or(Woken::Closed, Woken::Message),
        }
    }

    /// How many calls somebody waits for.
    pub(super) fn waiting_calls(&self) -> usize {
        self.calls.len() - self.raw_answers - self.senders.len()
    }

    /// Whether one call more may be taken. What waits for other actors does not count: what they ask meanwhile, so that they can
    /// answer, would not be heard.
    pub(super) fn has_room(&self) -> bool {
        let waiting = self.waiting_calls();
        waiting < limits::MAILBOX_CALLS || waiting < limits::MAILBOX_CALLS + self.errands()
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
            Message::Sleep(done) => {
                self.sleepers.push(done);
                self.bedtime.get_or_insert(Bedtime::Asked);
                self.agenda.push_back(Next::Sleep);
            }
            Message::Press => self.pressed(),
            Message::Fork(fork) => Box::pin(self.fork(fork)).await,
            Message::Stop(ended) => {
                self.stopping = Some(ended);
                self.bedtime.get_or_insert(Bedtime::Shutdown);
                self.agenda.push_back(Next::Sleep);
            }
        }
    }

    /// Does what earlier turns have left to do.
    async fn work_off(&mut self) {
        while !matches!(self.phase, Phase::Ended(_) | Phase::Starting { .. })
            && self.has_room()
            && let Some(next) = self.agenda.pop_front()
        {
            match next {
                // It was let in before.
                Next::Call(connection, call)
                    if matches!(self.phase, Phase::Ready | Phase::FallingAsleep { .. }) =>
                {
                    self.call(connection, call).await;
                }
                Next::Enqueue(connection, call, publish)
                    if matches!(self.phase, Phase::Ready | Phase::FallingAsleep { .. }) =>
                {
                    self.enqueue(connection, call, publish).await;
                }
                Next::Call(_, call) | Next::Enqueue(_, call, _) => Message::Call(call).end(CallError::Gone),
                Next::Run if self.phase.takes_calls() => self.begin_run().await,
                Next::Run => {}
                Next::Sleep => self.go_to_bed().await,
                Next::Lullaby(call) => self.lullaby(call).await,
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
        self.abort_waits(&ActorError::actor("aborted", "the actor is being destroyed"));
        self.agenda.push_back(Next::Farewell(call));
    }

    async fn deadline(&mut self) {
        let now = self.supervisor.shared.clock.monotonic();
        match self.deadlines.take_due(now) {
            None => {}
            Some(Due::Phase) => {
                if let Phase::FallingAsleep { .. } = self.phase {
                    let names = self.unsettled().iter().map(|reason| reason.cause.name()).collect::<Vec<_>>();
                    tracing::warn!(
                        actor = %self.start.record.id, name = %self.start.record.name,
                        "it did not go to sleep in time; what it has begun is given up: {}", names.join(", "),
                    );
                } else {
                    let message = "the actor did not answer its start in time";
                    self.failure = Some(ActorError::actor("callback_timed_out", message));
                }
                self.happen(Happening::PhaseTimedOut);
            }
            Some(Due::Idle) => self.look_idle(),
            Some(Due::Call(id)) => self.time_out(id).await,
            Some(Due::Timer(operation)) => {
                let outcome = self.instance.at_time(operation);
                self.complete(operation, outcome).await;
            }
            Some(Due::Alarm) => self.alarm().await,
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
        // The two halves of falling asleep have one deadline.
        if discriminant(&self.phase) != discriminant(&before) {
            self.deadlines.clear(Due::Phase);
            if self.phase == Phase::Ready {
                self.ready();
            }
        }
    }

    /// The start is answered.
    fn ready(&mut self) {
        self.pulse.set_ready(true);
        self.beat();
        self.await_idleness();
        self.set_alarm();
        if self.start.launch.hooks.run {
            self.agenda.push_back(Next::Run);
        }
    }

    pub(super) fn next_call(&mut self) -> CallId {
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
    Message(Box<Message>),
    Outside(Outside),
    Closed,
    /// A deadline, which is dealt with.
    Nothing,
}

/// What a caller sees that has waited for too long.
pub(super) fn timed_out() -> ActorError {
    ActorError::actor("action_timed_out", "Action timed out")
}
