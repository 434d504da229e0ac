//! `rivet:actor/state`.

use rivet_ground::{ActorError, limits};
use rivet_store::Table;

use crate::bindings::rivet::actor::state::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::to_wit;
use crate::log_lines::Level;

impl Host for Guest {
    fn get(&mut self) -> wasmtime::Result<Option<Vec<u8>>> {
        let key = *self.inside.identity.actor.as_bytes();
        let Ok(overlay) = self.inside.overlay() else { return Ok(None) };
        Ok(overlay.get(Table::State, &key).map_err(host_fault)?.map(Vec::from))
    }

    fn set(&mut self, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.set_state(value).map_err(to_wit))
    }
}

impl Inside {
    fn set_state(&mut self, value: Vec<u8>) -> Result<(), ActorError> {
        if value.len() > limits::STATE_BYTES {
            let message =
                format!("the state has {} bytes, over the limit of {}", value.len(), limits::STATE_BYTES);
            return Err(ActorError::new("state", "too_large", message));
        }
        if value.len() > limits::STATE_WARN_BYTES {
            let message = format!(
                "the state has {} bytes; over {} every save is slow: keep large data in kv",
                value.len(),
                limits::STATE_WARN_BYTES
            );
            self.log(Level::Warn, &message);
        }
        self.check_room(value.len())?;
        let key = self.identity.actor.as_bytes().to_vec();
        self.overlay()?.put(Table::State, key, value);
        Ok(())
    }
}
