//! The live actors: who has a task, and the way to its mailbox.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::{Access, ActorId, ActorKey, Target, Work, name_prefix};
use rivet_store::ActorRecord;
use tokio::sync::mpsc;

use crate::actor::call::Message;
use crate::actor::exchange::Outside;

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
    /// Boxed, because a channel has room for a good number of messages from the start.
    pub(super) mailbox: mpsc::Sender<Box<Message>>,
    /// The way past the mailbox, which is not looked at before the actor is ready.
    pub(super) outside: mpsc::UnboundedSender<Outside>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) started_ms: u64,
    pub(super) action_timeout_ms: u64,
    /// Those of its actions that have it for themselves; none if none of its actions keeps another out.
    pub(super) exclusive: Option<Arc<[String]>>,
}

impl Handle {
    /// How the actor is used to answer this.
    pub(super) fn access(&self, work: &Work) -> Access {
        match (&self.exclusive, work) {
            (Some(exclusive), Work::Action { name, .. }) if exclusive.contains(name) => Access::Exclusive,
            (Some(_), Work::Action { .. }) => Access::Shared,
            (None, _) | (_, Work::Publish(_)) => Access::None,
        }
    }
}

/// When something last happened in an actor, on the monotonic clock.
#[derive(Default)]
pub(super) struct Pulse {
    last_active_ms: AtomicU64,
    /// Whether it takes calls: only then it looks into its mailbox.
    is_ready: AtomicBool,
    /// Whether it was asked to make room and has not looked at that yet.
    is_pressed: AtomicBool,
}

impl Pulse {
    /// Something happens.
    pub(super) fn beat(&self, now: Duration) {
        self.last_active_ms.store(now.as_millis() as u64, Relaxed);
    }

    pub(super) fn last_active_ms(&self) -> u64 {
        self.last_active_ms.load(Relaxed)
    }

    pub(super) fn set_ready(&self, is_ready: bool) {
        self.is_ready.store(is_ready, Relaxed);
    }

    /// Whether it takes calls.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(Relaxed)
    }

    /// Whether it may be asked to make room.
    pub(super) fn may_be_pressed(&self) -> bool {
        self.is_ready.load(Relaxed) && !self.is_pressed.load(Relaxed)
    }

    /// It is asked to make room.
    pub(super) fn press(&self) {
        self.is_pressed.store(true, Relaxed);
    }

    /// It has looked at that.
    pub(super) fn released(&self) {
        self.is_pressed.store(false, Relaxed);
    }
}

/// The live actors of a host.
#[derive(Default)]
pub(super) struct Live {
    maps: Mutex<Maps>,
}

#[derive(Default)]
struct Maps {
    actors: HashMap<ActorId, Handle>,
    /// Saves the call of a live actor two reads of the store. Each entry is one of the actors above.
    keys: HashMap<Vec<u8>, ActorId>,
}

impl Maps {
    /// An actor that has not closed its mailbox.
    fn live(&self, id: ActorId) -> Option<&Handle> {
        self.actors.get(&id).filter(|handle| !handle.mailbox.is_closed())
    }

    fn forget(&mut self, id: ActorId, address: &[u8]) {
        self.actors.remove(&id);
        // The key may be another actor's by now.
        if self.keys.get(address) == Some(&id) {
            self.keys.remove(address);
        }
        // Actors that sleep leave nothing behind, not even the room that they had here.
        if self.actors.capacity() > 8 * self.actors.len().max(1_024) {
            self.actors.shrink_to(2 * self.actors.len());
            self.keys.shrink_to(2 * self.keys.len());
        }
    }
}

impl Live {
    pub(super) fn get(&self, id: ActorId) -> Option<Handle> {
        self.maps.lock().live(id).cloned()
    }

    /// The live actor that a target means, if it is one.
    pub(super) fn reach(&self, target: &Target) -> Option<Handle> {
        let maps = self.maps.lock();
        let id = match target {
            Target::Id(id) => *id,
            Target::Key { namespace, name, key, .. } => *maps.keys.get(&address(namespace, name, key))?,
        };
        maps.live(id).cloned()
    }

    /// The live actor that has a key. It may be on its way out: who calls it then finds it gone.
    pub(super) fn find(&self, namespace: &str, name: &str, key: &ActorKey) -> Option<ActorId> {
        let address = address(namespace, name, key);
        let maps = self.maps.lock();
        let id = *maps.keys.get(&address)?;
        maps.live(id).map(|_| id)
    }

    /// The handle of an actor, or the one that `make` makes; `make` runs for one caller at a time.
    pub(super) fn get_or_make<E>(
        &self,
        record: &ActorRecord,
        make: impl FnOnce() -> Result<Handle, E>,
    ) -> Result<Handle, E> {
        let mut maps = self.maps.lock();
        if let Some(handle) = maps.live(record.id) {
            return Ok(handle.clone());
        }
        let (id, address) = (record.id, address(&record.namespace, &record.name, &record.key));
        let handle = make()?;
        maps.actors.insert(id, handle.clone());
        maps.keys.insert(address, id);
        Ok(handle)
    }

    /// Puts the next instance in the place of one that ends, in one step: nobody finds either before `next` has taken over
    /// what the one before was sent. Forgets the actor if there is no next one.
    pub(super) fn hand_over(&self, record: &ActorRecord, next: impl FnOnce() -> Option<Handle>) {
        let mut maps = self.maps.lock();
        let address = address(&record.namespace, &record.name, &record.key);
        match next() {
            Some(handle) => {
                maps.actors.insert(record.id, handle);
                maps.keys.insert(address, record.id);
            }
            None => maps.forget(record.id, &address),
        }
    }

    /// Forgets an instance that has closed its mailbox, unless a later one took its place.
    pub(super) fn forget(&self, record: &ActorRecord, generation: u64) {
        let mut maps = self.maps.lock();
        let is_it = |handle: &Handle| handle.specifier.generation == generation && handle.mailbox.is_closed();
        if maps.actors.get(&record.id).is_some_and(is_it) {
            maps.forget(record.id, &address(&record.namespace, &record.name, &record.key));
        }
    }

    pub(super) fn all(&self) -> Vec<Handle> {
        self.maps.lock().actors.values().cloned().collect()
    }
}

fn address(namespace: &str, name: &str, key: &ActorKey) -> Vec<u8> {
    let mut out = name_prefix(namespace);
    out.extend(name_prefix(name));
    for component in key.components() {
        out.extend(name_prefix(component));
    }
    out
}
