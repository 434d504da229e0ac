//! An actor's inside over a store of its own, for the tests of the imports.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey, Connection, ConnectionId, ConnectionKind, ManualClock, limits};
use rivet_store::{ActorDirectory, Connections, Durability, Overlay, Store, WriteSet};

use crate::iface::{ActorView, Identity, Inside, QueueLimits, SchedulesView};

/// A store, and the instances of one actor after each other.
pub(super) struct Workbench {
    _dir: tempfile::TempDir,
    pub(super) store: Store,
    pub(super) actor: ActorId,
    pub(super) clock: Arc<ManualClock>,
}

impl Workbench {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Durability::None).unwrap();
        let (actor, clock) = (ActorId::from_bytes([0xff; 16]), Arc::new(ManualClock::at(0)));
        Self { _dir: dir, store, actor, clock }
    }

    /// The next instance's inside.
    pub(super) fn inside(&self) -> Inside {
        let identity = Identity {
            actor: self.actor,
            namespace: "default".to_owned(),
            name: "counter".to_owned(),
            key: ActorKey::default(),
            generation: 1,
        };
        let overlay = Overlay::new(self.store.clone());
        let directory = ActorDirectory::new(self.store.clone());
        let (due_ms, wake_at_ms) =
            (directory.first_due_ms(self.actor).unwrap(), directory.wake_at_ms(self.actor).unwrap());
        let schedules = SchedulesView { due_ms, wake_at_ms, most: 1_000 };
        let (component, connections, queue_limits) = ("c@1".into(), self.stored(), QueueLimits::default());
        let sql_max_bytes = limits::SQL_ACTOR_BYTES;
        let view =
            ActorView { identity, component, overlay, connections, queue_limits, schedules, sql_max_bytes };
        Inside::of_actor(view, self.clock.clone())
    }

    pub(super) fn commit(&self, writes: WriteSet) {
        self.store.commit_wait(writes).unwrap();
    }

    /// The connections that the next instance finds.
    pub(super) fn stored(&self) -> Vec<(ConnectionId, Connection)> {
        Connections::new(self.store.clone()).load(self.actor).unwrap()
    }
}

/// The inside of a component that describes itself.
pub(super) fn nobody() -> Inside {
    Inside::of_nobody(Arc::new(ManualClock::at(0)))
}

pub(super) fn connection(kind: ConnectionKind, hibernates: bool) -> Connection {
    let params = Bytes::from_static(&[0xf6]);
    Connection { uuid: "f1a2".to_owned(), kind, params, state: None, hibernates }
}
