//! `rivet:actor/operation`.

use rivet_ground::{ActorError, CallId, Effect, MessageId, OperationId, limits};

use crate::bindings::rivet::actor::operation::Host;
use crate::guest::Guest;
use crate::iface::inside::Inside;

/// An operation that has not completed.
pub(super) enum Pending {
    Timer {
        /// When it ends, in milliseconds since the Unix epoch.
        at_ms: u64,
    },
    /// The next piece of a raw request's body.
    Read { request: CallId },
    /// A piece of the body of a raw request's answer.
    Write { request: CallId, len_bytes: usize },
    /// A message of the queue.
    Message {
        names: Vec<String>,
        has_timeout: bool,
        /// Whether its completion is on its way.
        is_over: bool,
    },
    /// The answer of another actor.
    Ask,
    /// The response to a message of the queue.
    Response { message: MessageId, has_timeout: bool },
    /// A request to the outside.
    Fetch,
}

impl Host for Guest {
    fn cancel(&mut self, operation: OperationId) -> wasmtime::Result<()> {
        self.inside.cancel(operation);
        Ok(())
    }
}

impl Inside {
    /// Takes the next operation id, within the limit of pending ones.
    pub(super) fn start_operation(&mut self, pending: Pending) -> Result<OperationId, ActorError> {
        self.overlay()?;
        if self.pending_operations.len() >= limits::PENDING_OPERATIONS {
            let message = format!(
                "the actor has {} pending operations, the most it may have",
                limits::PENDING_OPERATIONS
            );
            return Err(ActorError::actor("overloaded", message));
        }
        self.last_operation += 1;
        self.pending_operations.insert(self.last_operation, pending);
        Ok(self.last_operation)
    }

    /// Notes that an operation has ended. A piece that was written is no longer waited for.
    pub(super) fn complete(&mut self, operation: OperationId) {
        match self.pending_operations.remove(&operation) {
            Some(Pending::Read { request }) => self.stop_reading(request),
            Some(Pending::Write { request, len_bytes }) => {
                if let Ok(exchange) = self.exchange(request) {
                    exchange.backlog_bytes = exchange.backlog_bytes.saturating_sub(len_bytes);
                }
            }
            // Nobody else takes note of it.
            None | Some(_) => {}
        }
    }

    /// Whether the actor has begun nothing but to wait for what wakes it: messages, and timers that end no sooner than it wants
    /// to be awake, which is still to come.
    pub(crate) fn rests(&self, now_ms: u64) -> bool {
        let wake_at_ms = self.agenda.wake_at_ms;
        let wakes = |pending: &Pending| match pending {
            Pending::Message { is_over, .. } => !is_over,
            Pending::Timer { at_ms } => wake_at_ms.is_some_and(|wake_at_ms| wake_at_ms <= *at_ms),
            Pending::Read { .. }
            | Pending::Write { .. }
            | Pending::Ask
            | Pending::Fetch
            | Pending::Response { .. } => false,
        };
        // One whose time has come would be woken again at once.
        wake_at_ms.is_none_or(|wake_at_ms| wake_at_ms > now_ms)
            && !self.pending_operations.is_empty()
            && self.pending_operations.values().all(wakes)
    }

    pub(super) fn cancel(&mut self, operation: OperationId) {
        match self.pending_operations.remove(&operation) {
            None => return,
            // Nobody outside knows of it.
            Some(Pending::Message { has_timeout: false, is_over: false, .. }) => return,
            Some(Pending::Response { has_timeout: false, .. }) => return,
            Some(Pending::Read { request }) => self.stop_reading(request),
            // The piece leaves all the same, and nobody will say that it was taken on.
            Some(Pending::Write { .. }) => return self.effects.push(Effect::Cancel { operation }),
            Some(_) => {}
        }
        // One that this very turn started never starts: so a turn's effects stay bounded.
        let started_here = |effect: &Effect| matches!(effect, Effect::StartTimer { operation: o, .. } | Effect::SetTimeout { operation: o, .. } | Effect::ReadBody { operation: o, .. } | Effect::Ask { operation: o, .. } | Effect::Fetch { operation: o, .. } if *o == operation);
        match self.effects.iter().position(started_here) {
            Some(at) => drop(self.effects.remove(at)),
            None => self.effects.push(Effect::Cancel { operation }),
        }
    }

    fn stop_reading(&mut self, request: CallId) {
        if let Ok(exchange) = self.exchange(request) {
            exchange.reading = false;
        }
    }
}
