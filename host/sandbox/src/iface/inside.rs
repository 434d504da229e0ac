//! What the imports see of an actor, and what a turn leaves behind.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use rivet_ground::{ActorError, CallId, Clock, Effect, Event, EventKind, OperationId, limits};
use rivet_store::{Overlay, WriteSet};

use crate::iface::Identity;
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
    Starting { call: CallId },
    Running,
    Stopping,
}

/// The part of an instance's host data that the imports work on.
pub(crate) struct Inside {
    pub(crate) identity: Identity,
    /// None while a component describes itself: there is no actor then.
    pub(super) overlay: Option<Overlay>,
    pub(super) effects: Vec<Effect>,
    pub(super) open_calls: HashSet<CallId>,
    /// The call that this turn's event brought.
    turn_call: Option<CallId>,
    pub(super) pending_operations: HashSet<OperationId>,
    pub(super) last_operation: OperationId,
    /// Bytes of KV keys and values, once known.
    pub(super) kv_bytes: Option<u64>,
    pub(super) kv_bytes_changed: bool,
    pub(super) stage: Stage,
    /// Shared with the std streams, which wasmtime keeps in its own table.
    pub(crate) log: Arc<Mutex<LogLines>>,
}

impl Inside {
    /// The inside of an actor's instance.
    pub(crate) fn of_actor(view: ActorView, clock: Arc<dyn Clock>) -> Self {
        let log = LogLines::new(view.identity.actor.to_string(), view.component, clock);
        Self::new(view.identity, Some(view.overlay), log)
    }

    /// The inside of an instance that only describes its component.
    pub(crate) fn of_nobody(clock: Arc<dyn Clock>) -> Self {
        let log = LogLines::new("none".to_owned(), "describe".into(), clock);
        Self::new(Identity::nobody(), None, log)
    }

    fn new(identity: Identity, overlay: Option<Overlay>, log: LogLines) -> Self {
        Self {
            identity,
            overlay,
            effects: Vec::new(),
            open_calls: HashSet::new(),
            turn_call: None,
            pending_operations: HashSet::new(),
            last_operation: 0,
            kv_bytes: None,
            kv_bytes_changed: false,
            stage: Stage::Running,
            log: Arc::new(Mutex::new(log)),
        }
    }

    /// Opens the call that an event brings, or closes the operation that it ends.
    pub(crate) fn begin_turn(&mut self, event: &Event) {
        self.turn_call = (event.kind != EventKind::Completion).then_some(event.id);
        match event.kind {
            EventKind::Completion => {
                self.pending_operations.remove(&event.id);
            }
            EventKind::Create | EventKind::Wake => {
                self.stage = Stage::Starting { call: event.id };
                self.open_calls.insert(event.id);
            }
            EventKind::Destroy => {
                self.stage = Stage::Stopping;
                self.open_calls.insert(event.id);
            }
            EventKind::Action => {
                self.open_calls.insert(event.id);
            }
        }
    }

    /// Takes what the turn wrote and said. The call of an event that the guest does not know is closed: the
    /// host answers it.
    pub(crate) fn end_turn(&mut self, handled: bool) -> wasmtime::Result<Turn> {
        if let Some(call) = self.turn_call.take_if(|_| !handled) {
            self.open_calls.remove(&call);
            if self.stage == (Stage::Starting { call }) {
                self.stage = Stage::Running;
            }
        }
        self.write_kv_bytes()?;
        let writes = self.overlay.as_mut().map(Overlay::take).unwrap_or_default();
        Ok(Turn { writes, effects: std::mem::take(&mut self.effects), handled })
    }

    /// Forgets what the turn wrote and said.
    pub(crate) fn drop_turn(&mut self) {
        self.effects.clear();
        if let Some(overlay) = &mut self.overlay {
            overlay.clear();
        }
    }

    /// Closes a call from outside: nobody waits for it any more.
    pub(crate) fn close_call(&mut self, call: CallId) {
        self.open_calls.remove(&call);
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
        let most_bytes = limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES;
        if written_bytes.saturating_add(more_bytes) > most_bytes {
            return Err(ActorError::actor(
                "turn_too_large",
                format!("one turn may write {most_bytes} bytes; split the work over several actions"),
            ));
        }
        Ok(())
    }
}

/// A store that cannot be read ends the turn; the guest cannot mend it.
pub(super) fn host_fault(error: impl std::fmt::Display) -> wasmtime::Error {
    HostFault(error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivet_ground::ManualClock;

    #[test]
    fn a_start_that_the_guest_does_not_know_is_over() {
        let mut inside = Inside::of_nobody(Arc::new(ManualClock::at(0)));
        inside.begin_turn(&Event::bare(EventKind::Create, 7));
        assert!(inside.stage == Stage::Starting { call: 7 });
        inside.end_turn(false).unwrap();
        assert!(inside.stage == Stage::Running && inside.open_calls.is_empty());
    }
}
