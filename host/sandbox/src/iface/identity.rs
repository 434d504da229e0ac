//! `rivet:actor/identity`.

use rivet_ground::{ActorId, ActorKey};

use crate::bindings::rivet::actor::identity::Host;
use crate::guest::Guest;

/// Who an actor is.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its id.
    pub actor: ActorId,
    /// The namespace that it lives in.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its key.
    pub key: ActorKey,
    /// How many times it was started from durable data.
    pub generation: u64,
}

impl Identity {
    pub(crate) fn nobody() -> Self {
        Self {
            actor: ActorId::from_bytes([0; 16]),
            namespace: String::new(),
            name: String::new(),
            key: ActorKey::default(),
            generation: 0,
        }
    }
}

impl Host for Guest {
    fn actor_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.inside.identity.actor.to_string())
    }

    fn name(&mut self) -> wasmtime::Result<String> {
        Ok(self.inside.identity.name.clone())
    }

    fn key(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.inside.identity.key.components().to_vec())
    }

    fn namespace(&mut self) -> wasmtime::Result<String> {
        Ok(self.inside.identity.namespace.clone())
    }

    fn generation(&mut self) -> wasmtime::Result<u64> {
        Ok(self.inside.identity.generation)
    }
}
