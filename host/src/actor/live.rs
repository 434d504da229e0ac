//! The live actors: who has a task, and the way to its mailbox.

use std::collections::HashMap;

use parking_lot::Mutex;
use rivet_ground::{ActorId, ActorKey};
use tokio::sync::mpsc;

use crate::actor::call::Message;

/// An instance of an actor, as answers name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorSpecifier {
    /// The actor.
    pub id: ActorId,
    /// Which of its starts.
    pub generation: u64,
    /// The actor's key.
    pub key: ActorKey,
}

/// The way to a live actor.
#[derive(Clone)]
pub(super) struct Handle {
    pub(super) specifier: ActorSpecifier,
    pub(super) mailbox: mpsc::Sender<Message>,
    pub(super) started_ms: u64,
    pub(super) action_timeout_ms: u64,
}

/// The live actors of a host.
#[derive(Default)]
pub(super) struct Live {
    actors: Mutex<HashMap<ActorId, Handle>>,
}

impl Live {
    pub(super) fn get(&self, id: ActorId) -> Option<Handle> {
        self.actors.lock().get(&id).cloned()
    }

    /// The handle of an actor, or the one that `make` makes; `make` runs for one caller at a time.
    pub(super) fn get_or_make<E>(
        &self,
        id: ActorId,
        make: impl FnOnce() -> Result<Handle, E>,
    ) -> Result<Handle, E> {
        let mut actors = self.actors.lock();
        if let Some(handle) = actors.get(&id).filter(|handle| !handle.mailbox.is_closed()) {
            return Ok(handle.clone());
        }
        let handle = make()?;
        actors.insert(id, handle.clone());
        Ok(handle)
    }

    /// Forgets an instance, unless a later one took its place.
    pub(super) fn forget(&self, id: ActorId, generation: u64) {
        let mut actors = self.actors.lock();
        if actors
            .get(&id)
            .is_some_and(|handle| handle.specifier.generation == generation && handle.mailbox.is_closed())
        {
            actors.remove(&id);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.actors.lock().len()
    }
}
