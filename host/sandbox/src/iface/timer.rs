//! `rivet:actor/timer`.

use rivet_ground::{ActorError, Effect, OperationId};

use crate::bindings::rivet::actor::timer::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::Inside;
use crate::iface::operation::Pending;
use crate::iface::to_wit;

impl Host for Guest {
    fn start(&mut self, after_ms: u64) -> wasmtime::Result<Result<OperationId, Error>> {
        Ok(self.inside.start_timer(after_ms).map_err(to_wit))
    }
}

impl Inside {
    pub(super) fn start_timer(&mut self, after_ms: u64) -> Result<OperationId, ActorError> {
        // The later one: a guest may have counted from either.
        let at_ms = self.now_ms().max(self.time_ms).saturating_add(after_ms);
        let operation = self.start_operation(Pending::Timer { at_ms })?;
        self.effects.push(Effect::StartTimer { operation, after_ms });
        Ok(operation)
    }
}
