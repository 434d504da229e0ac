//! `rivet:actor/lifecycle`.

use rivet_ground::{ActorError, Effect};

use crate::bindings::rivet::actor::lifecycle::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::{Inside, Stage};
use crate::iface::to_wit;

impl Host for Guest {
    fn destroy(&mut self) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.destroy().map_err(to_wit))
    }
}

impl Inside {
    fn destroy(&mut self) -> Result<(), ActorError> {
        self.overlay()?;
        match self.stage {
            Stage::Starting => Err(ActorError::actor("starting", "the actor has not answered its start yet")),
            Stage::Stopping => Err(ActorError::actor("stopping", "the actor is already being destroyed")),
            Stage::Running => {
                self.stage = Stage::Stopping;
                self.effects.push(Effect::Destroy);
                Ok(())
            }
        }
    }
}
