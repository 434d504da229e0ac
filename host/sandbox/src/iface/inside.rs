//! What the imports see of an actor, and what a turn leaves behind.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use parking_lot::Mutex;
use rivet_ground::{
    ActorError, CallId, Clock, Connection, ConnectionId, Effect, Event, EventKind, OperationId, limits,
};
use rivet_store::{Overlay, SqlDatabase, WriteSet};

use crate::iface::Identity;
use crate::iface::calls::OpenCall;
use crate::iface::connections::Entry;
use crate::iface::lifecycle::HoldKind;
use crate::iface::operation::Pending;
use crate::iface::queue_index::{Queue, QueueLimits};
use crate::iface::request::Exchange;
use crate::iface::schedule::{Agenda, SchedulesView};
use crate::iface::workflow::Workflow;
use crate::log_lines::{Level, LogLines};
use crate::trap::HostFault;

/// What an instance is given of its actor.
pub struct ActorView {
    /// Who the actor is.
    pub identity: Identity,
    /// The component and its version, for the log: `counter@3`.
    pub component: Arc<str>,
    /// The actor's durable data, read and written through the turn.
    pub overlay: Overlay,
    /// The connections that outlived the instance before.
    pub connections: Vec<(ConnectionId, Connection)>,
    /// What its queue may hold.
    pub queue_limits: QueueLimits,
    /// What is to be known of its schedules.
    pub schedules: SchedulesView,
    /// Bytes that its SQL database may have.
    pub sql_max_bytes: u64,
}

/// What one turn leaves behind.
#[derive(Debug)]
pub struct Turn {
    /// What it wrote; empty when nothing durable changed.
    pub writes: WriteSet,
    /// What it wants done once the writes are durable, in order.
    pub effects: Vec<Effect>,
    /// Whether the guest knew the kind of event.
    pub handled: bool,
}

/// How far the actor is in its life, as far as the imports care.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Starting,
    Running,
    Stopping,
}

/// The part of an instance's host data that the imports work on.
pub(crate) struct Inside {
    pub(crate) identity: Identity,
    /// None while a component describes itself: there is no actor then.
    pub(super) overlay: Option<Overlay>,
    pub(super) effects: Vec<Effect>,
    /// Bytes that the effects say to connections and raw requests.
    said_bytes: usize,
    pub(super) open_calls: HashMap<CallId, OpenCall>,
    /// The call that this turn's event brought.
    turn_call: Option<CallId>,
    pub(super) connections: BTreeMap<ConnectionId, Entry>,
    pub(super) pending_operations: HashMap<OperationId, Pending>,
    pub(super) last_operation: OperationId,
    /// Bytes of KV keys and values, once known.
    pub(super) kv_bytes: Option<u64>,
    pub(super) kv_bytes_changed: bool,
    pub(crate) agenda: Agenda,
    pub(super) workflow: Workflow,
    clock: Arc<dyn Clock>,
    /// The open connection to the SQL database; none before the first use.
    pub(super) sql: Option<Box<SqlDatabase>>,
    pub(super) sql_max_bytes: u64,
    pub(super) stage: Stage,
    /// What holds the actor up.
    pub(super) holds: BTreeMap<u64, HoldKind>,
    pub(super) last_hold: u64,
    pub(super) queue: Queue,
    /// Wall clock at the start of the turn, in milliseconds since the Unix epoch: what the guest takes for now.
    pub(crate) time_ms: u64,
    /// Shared with the std streams, which wasmtime keeps in its own table.
    pub(crate) log: Arc<Mutex<LogLines>>,
}

impl Inside {
    /// The inside of an actor's instance.
    pub(crate) fn of_actor(view: ActorView, clock: Arc<dyn Clock>) -> Self {
        let log = LogLines::new(view.identity.actor.to_string(), view.component, clock.clone());
        let mut inside = Self::new(view.identity, Some(view.overlay), log, clock);
        inside.queue = Queue::new(view.queue_limits);
        inside.agenda = Agenda::new(view.schedules);
        inside.sql_max_bytes = view.sql_max_bytes;
        for (id, connection) in view.connections {
            inside.announce(id, connection);
        }
        inside
    }

    /// The inside of an instance that only describes its component.
    pub(crate) fn of_nobody(clock: Arc<dyn Clock>) -> Self {
        let log = LogLines::new("none".to_owned(), "describe".into(), clock.clone());
        Self::new(Identity::nobody(), None, log, clock)
    }

    fn new(identity: Identity, overlay: Option<Overlay>, log: LogLines, clock: Arc<dyn Clock>) -> Self {
        Self {
            identity,
            overlay,
            effects: Vec::new(),
            said_bytes: 0,
            open_calls: HashMap::new(),
            turn_call: None,
            connections: BTreeMap::new(),
            pending_operations: HashMap::new(),
            last_operation: 0,
            kv_bytes: None,
            kv_bytes_changed: false,
            agenda: Agenda::default(),
            workflow: Workflow::default(),
            clock,
            sql: None,
            sql_max_bytes: limits::SQL_ACTOR_BYTES,
            stage: Stage::Running,
            holds: BTreeMap::new(),
            last_hold: 0,
            queue: Queue::default(),
            time_ms: 0,
            log: Arc::new(Mutex::new(log)),
        }
    }

    /// Opens the call that an event brings, or closes the operation that it ends.
    pub(crate) fn begin_turn(&mut self, event: &Event) {
        self.said_bytes = 0;
        self.queue.begin_turn();
        self.workflow.begin_turn(event.kind);
        self.turn_call = event.kind.is_call().then_some(event.id);
        let connection = event.connection;
        let open = match event.kind {
            EventKind::Completion => return self.complete(event.id),
            EventKind::Create | EventKind::Wake | EventKind::Resume => {
                self.stage = Stage::Starting;
                OpenCall::Start
            }
            EventKind::Destroy | EventKind::Sleep => {
                self.stage = Stage::Stopping;
                OpenCall::Plain
            }
            EventKind::Action => self.open_claimed(event),
            EventKind::Subscribe | EventKind::Message | EventKind::Run | EventKind::Publish => {
                OpenCall::Plain
            }
            EventKind::Connect => {
                self.ask_in(connection);
                OpenCall::Connect { connection }
            }
            EventKind::Disconnect => {
                self.take_leave(connection);
                OpenCall::Disconnect { connection }
            }
            EventKind::Request => OpenCall::Request(Exchange::default()),
        };
        self.open_calls.insert(event.id, open);
    }

    /// Takes what the turn wrote and said. The call of an event that the guest does not know is closed: the
    /// host answers it.
    pub(crate) fn end_turn(&mut self, handled: bool) -> wasmtime::Result<Turn> {
        if let Some(call) = self.turn_call.take_if(|_| !handled)
            && let Some(open) = self.open_calls.remove(&call)
        {
            if let OpenCall::Scheduled(run) = &open {
                let unknown = ActorError::actor("invalid_operation", "the component takes no actions");
                self.settle_run(run, Err(&unknown));
            }
            self.settle(open, true)?;
        }
        self.write_kv_bytes()?;
        self.end_sql()?;
        self.write_alarm()?;
        // Last: what fails before it leaves the claim to what follows from a trap.
        self.agenda.claimed = None;
        let writes = self.overlay.as_mut().map(Overlay::take).unwrap_or_default();
        Ok(Turn { writes, effects: std::mem::take(&mut self.effects), handled })
    }

    /// Forgets what the turn wrote and said.
    pub(crate) fn drop_turn(&mut self) {
        self.effects.clear();
        self.agenda.drop_turn();
        self.workflow.drop_turn();
        // It has pages in memory that the turn had written.
        self.sql = None;
        if let Some(overlay) = &mut self.overlay {
            overlay.clear();
        }
    }

    /// Wall clock, in milliseconds since the Unix epoch.
    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    pub(super) fn log(&self, level: Level, message: &str) {
        self.log.lock().write(level, message);
    }

    /// The actor's data, or the error of a component that asks for it while it describes itself.
    pub(super) fn overlay(&mut self) -> Result<&mut Overlay, ActorError> {
        self.overlay.as_mut().ok_or_else(|| {
            ActorError::actor("invalid_operation", "`describe` runs without an actor: it has no data")
        })
    }

    /// Checks that the turn may write this much more.
    pub(super) fn check_room(&mut self, more_bytes: usize) -> Result<(), ActorError> {
        let written_bytes = self.overlay()?.len_bytes();
        if written_bytes.saturating_add(more_bytes) > ROOM_BYTES { Err(turn_too_large()) } else { Ok(()) }
    }

    /// Checks that the turn may say one thing more, of this many bytes.
    pub(super) fn check_say(&mut self, more_bytes: usize) -> Result<(), ActorError> {
        self.overlay()?;
        let said_bytes = self.said_bytes.saturating_add(more_bytes);
        if self.effects.len() >= limits::TURN_EFFECTS || said_bytes > limits::TURN_SAID_BYTES {
            let message = format!(
                "one turn may say {} things and {} bytes; split the work over several turns",
                limits::TURN_EFFECTS,
                limits::TURN_SAID_BYTES
            );
            return Err(ActorError::actor("turn_too_large", message));
        }
        Ok(())
    }

    /// Says something to connections or a raw request, of this many bytes, within the limits of a turn.
    pub(super) fn say(&mut self, effect: Effect, len_bytes: usize) -> Result<(), ActorError> {
        self.check_say(len_bytes)?;
        self.said_bytes += len_bytes;
        self.effects.push(effect);
        Ok(())
    }
}

/// Bytes that a guest may write in a turn.
pub(super) const ROOM_BYTES: usize = limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES;

/// The turn may write no more.
pub(super) fn turn_too_large() -> ActorError {
    let message = format!("one turn may write {ROOM_BYTES} bytes; split the work over several actions");
    ActorError::actor("turn_too_large", message)
}

/// A store that cannot be read ends the turn; the guest cannot mend it.
pub(super) fn host_fault(error: impl std::fmt::Display) -> wasmtime::Error {
    HostFault(error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::Workbench;
    use rivet_ground::ManualClock;

    #[test]
    fn a_start_that_the_guest_does_not_know_is_over() {
        let mut inside = Inside::of_nobody(Arc::new(ManualClock::at(0)));
        inside.begin_turn(&Event::bare(EventKind::Create, 7));
        assert!(inside.stage == Stage::Starting);
        inside.end_turn(false).unwrap();
        assert!(inside.stage == Stage::Running && inside.open_calls.is_empty());
    }

    #[test]
    fn a_turn_says_so_much_and_no_more() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let broadcast = || Effect::Broadcast { name: String::new(), args: bytes::Bytes::new() };
        let too_large = |said: Result<(), ActorError>| said.unwrap_err().path() == "actor.turn_too_large";
        inside.say(broadcast(), limits::TURN_SAID_BYTES).unwrap();
        assert!(too_large(inside.say(broadcast(), 1)));
        for _ in 1..limits::TURN_EFFECTS {
            inside.say(broadcast(), 0).unwrap();
        }
        assert!(too_large(inside.say(broadcast(), 0)));
        assert_eq!(inside.end_turn(true).unwrap().effects.len(), limits::TURN_EFFECTS);
        // The next turn begins anew.
        inside.begin_turn(&Event::bare(EventKind::Action, 2));
        inside.say(broadcast(), limits::TURN_SAID_BYTES).unwrap();
    }
}
