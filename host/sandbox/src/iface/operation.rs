//! `rivet:actor/operation`.

use rivet_ground::{ActorError, Effect, OperationId, limits};

use crate::bindings::rivet::actor::operation::Host;
use crate::guest::Guest;
use crate::iface::inside::Inside;

impl Host for Guest {
    fn cancel(&mut self, operation: OperationId) -> wasmtime::Result<()> {
        self.inside.cancel(operation);
        Ok(())
    }
}

impl Inside {
    /// Takes the next operation id, within the limit of pending ones.
    pub(super) fn start_operation(&mut self) -> Result<OperationId, ActorError> {
        self.overlay()?;
        if self.pending_operations.len() >= limits::PENDING_OPERATIONS {
            let message = format!(
                "the actor has {} pending operations, the most it may have",
                limits::PENDING_OPERATIONS
            );
            return Err(ActorError::actor("overloaded", message));
        }
        self.last_operation += 1;
        self.pending_operations.insert(self.last_operation);
        Ok(self.last_operation)
    }

    fn cancel(&mut self, operation: OperationId) {
        if !self.pending_operations.remove(&operation) {
            return;
        }
        // One that this very turn started never starts: so a turn's effects stay bounded.
        let started_here =
            |effect: &Effect| matches!(effect, Effect::StartTimer { operation: o, .. } if *o == operation);
        match self.effects.iter().position(started_here) {
            Some(at) => drop(self.effects.remove(at)),
            None => self.effects.push(Effect::Cancel { operation }),
        }
    }
}
