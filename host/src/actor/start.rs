//! What an instance needs to start.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{CallId, Connection, ConnectionId, Event, EventKind};
use rivet_sandbox::{ActorView, Identity, Instance, Trap};
use rivet_store::{ActorRecord, Claim, Overlay, Store};

use crate::catalog::Launch;

/// The call id of every start: the first of its instance.
pub(super) const START_CALL: CallId = 1;

/// An actor that is about to start.
pub(super) struct Start {
    pub(super) record: ActorRecord,
    pub(super) claim: Claim,
    pub(super) launch: Launch,
    /// The input of an actor that was never started; none for one that was.
    pub(super) input: Option<Bytes>,
}

impl Start {
    /// Instantiates the actor's component, with the connections that are still open.
    pub(super) async fn instantiate(
        &self,
        store: &Store,
        connections: Vec<(ConnectionId, Connection)>,
    ) -> Result<Instance, Trap> {
        let identity = Identity {
            actor: self.record.id,
            namespace: self.record.namespace.clone(),
            name: self.record.name.clone(),
            key: self.record.key.clone(),
            generation: self.claim.generation(),
        };
        let component = Arc::clone(&self.launch.component);
        let view = ActorView { identity, component, overlay: Overlay::new(store.clone()), connections };
        Instance::new(&self.launch.program, view).await
    }

    /// The event that the instance gets first.
    pub(super) fn event(&self) -> Event {
        match &self.input {
            Some(input) => Event { payload: input.clone(), ..Event::bare(EventKind::Create, START_CALL) },
            None => Event::bare(EventKind::Wake, START_CALL),
        }
    }
}
