//! How an instance comes to life: a place for it, the connections that are open still, and its memory.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{ActorError, ActorId, Connection, ConnectionId, Event, EventKind, OperationId, limits};
use rivet_store::{Connections, WriteSet};
use tokio::sync::mpsc;

use crate::actor::awake::Awake;
use crate::actor::bedtime::abandoned;
use crate::actor::call::Message;
use crate::actor::deadlines::{Deadlines, Due};
use crate::actor::end::{close, refuse};
use crate::actor::errand::Begun;
use crate::actor::exchange::Outside;
use crate::actor::gate::Gate;
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::live::Pulse;
use crate::actor::memory::Memory;
use crate::actor::report;
use crate::actor::room::{Place, StartTurn};
use crate::actor::start::{START_CALL, Start};
use crate::actor::supervisor::{Shared, Supervisor, overloaded};
use crate::actor::tally::Origin;
use crate::actor::task::ActorTask;
use crate::actor::visitors::{Stage, Visitor};
use crate::actor::waiter::{Next, Waiter};

/// The ways to an actor's task.
pub(super) struct Ways {
    pub(super) mailbox: mpsc::Receiver<Box<Message>>,
    pub(super) to_outside: mpsc::UnboundedSender<Outside>,
    pub(super) from_outside: mpsc::UnboundedReceiver<Outside>,
    pub(super) pulse: Arc<Pulse>,
}

impl ActorTask {
    /// Lives one instance's life, once there is room for it.
    pub(super) async fn run(supervisor: Supervisor, start: Start, mut ways: Ways) {
        let shared = supervisor.shared.clone();
        let (place, start_turn) = match admit(&shared, &mut ways.from_outside).await {
            Ok(admitted) => admitted,
            Err(error) => return give_up(&supervisor, &start, ways, error).await,
        };
        let sockets = shared.sockets.of(start.record.id);
        let (mut visitors, mut open, mut lost) = (HashMap::new(), Vec::new(), Vec::new());
        for (id, connection) in connections(&shared, start.record.id) {
            match sockets.outlet(id) {
                Some(outlet) => {
                    let (kind, hibernates) = (connection.kind, true);
                    visitors.insert(id, Visitor { outlet, kind, hibernates, stage: Stage::In });
                    open.push((id, connection));
                }
                None => lost.push(Next::Mourn(id, connection)),
            }
        }
        // On the heap for as long as it takes: what this future has room for, every actor that is awake pays for.
        let begun = match Box::pin(start.begin(&shared.store, open)).await {
            Ok(begun) => begun,
            Err(trap) => {
                report::trapped(&start.record, &start.launch.component, "instantiation", &trap);
                shared.sockets.release(start.record.id, sockets);
                return give_up(&supervisor, &start, ways, report::panicked(&trap)).await;
            }
        };
        let Ways { mailbox, to_outside, from_outside, pulse } = ways;
        let task = Self {
            // Made only now: what the store has may be newer than the claim.
            gate: Gate::new(shared.store.clone(), start.claim, begun.ends_snapshot),
            phase: Phase::Starting { call: START_CALL, first: start.input.is_some() },
            supervisor,
            start,
            instance: begun.instance,
            place,
            start_turn: Some(start_turn),
            mailbox,
            deadlines: Deadlines::default(),
            calls: HashMap::new(),
            senders: HashMap::new(),
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
            sleepers: Vec::new(),
            stopping: None,
            bedtime: None,
            last_active: shared.clock.monotonic(),
            pulse,
            held: false,
            closing: Arc::default(),
            alarm_ms: None,
            leaving: None,
            last_call: START_CALL,
            after_trap: WriteSet::new(),
            failure: None,
            unmourned: None,
        };
        task.live(begun.memory, begun.lost).await;
    }

    /// Goes on where the actor was before it slept.
    pub(super) async fn resume(&mut self, memory: Memory, lost: Vec<OperationId>) {
        self.supervisor.shared.tally.started(Origin::Snapshot);
        self.last_call = memory.last_call;
        self.calls.extend(memory.run.map(|call| (call, Waiter::Run)));
        let now_ms = self.supervisor.shared.clock.now_ms();
        for (operation, at_ms) in memory.timers {
            self.set_deadline(Due::Timer(operation), at_ms.saturating_sub(now_ms));
        }
        for (operation, response) in memory.responses {
            self.operations.insert(operation, Begun::Other);
            self.found.push_back(Outside::Ended(operation, Box::new(Ok(response.into()))));
        }
        for operation in lost {
            self.operations.insert(operation, Begun::Other);
            self.found.push_back(Outside::Ended(operation, Box::new(Err(abandoned()))));
        }
        let call = self.next_call();
        self.phase = Phase::Starting { call, first: false };
        if self.start.launch.hooks.resume {
            self.turn(Event::bare(EventKind::Resume, call)).await;
        } else {
            self.happen(Happening::Answered(call));
        }
        // What came while it slept is not known to the waits of its memory.
        self.stir();
    }
}

/// The connections that an actor has in the store. One that cannot be read says so at the first turn, too.
fn connections(shared: &Shared, id: ActorId) -> Vec<(ConnectionId, Connection)> {
    Connections::new(shared.store.clone()).load(id).unwrap_or_else(|error| {
        tracing::error!(actor = %id, "its connections cannot be read: {error}");
        Vec::new()
    })
}

/// Waits for room, and tells who asks meanwhile what for.
async fn admit(
    shared: &Shared,
    from_outside: &mut mpsc::UnboundedReceiver<Outside>,
) -> Result<(Place, StartTurn), ActorError> {
    let deadline_ms = shared.clock.now_ms() + limits::START_TIMEOUT_MS;
    let patience = tokio::time::sleep(Duration::from_millis(limits::START_TIMEOUT_MS));
    let mut patience = std::pin::pin!(patience);
    let mut entering = std::pin::pin!(shared.room.enter());
    loop {
        tokio::select! {
            biased;
            entered = &mut entering => return Ok(entered),
            Some(outside) = from_outside.recv() => {
                if let Outside::Asked(to) = outside {
                    let _gone = to.send(Awake::starting("waiting for room", deadline_ms));
                }
            }
            () = &mut patience => {
                return Err(overloaded(&shared.room.fullness()));
            }
        }
    }
}

/// Ends a start that did not get as far as an instance.
async fn give_up(supervisor: &Supervisor, start: &Start, mut ways: Ways, error: ActorError) {
    let (actor, name) = (start.record.id, &start.record.name);
    tracing::warn!(%actor, %name, "it did not start: {error}");
    let left = close(&mut ways.mailbox);
    supervisor.shared.live.forget(&start.record, start.claim.generation());
    supervisor.shared.store.release(start.claim);
    refuse(supervisor, start, left, error).await;
    supervisor.watch_alarm(start.record.id);
    supervisor.repost_late(start.record.id, ways.mailbox);
}
