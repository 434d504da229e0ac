//! What an instance needs to start, and how it comes to be: from the actor's memory, or cold.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{CallId, Connection, ConnectionId, Event, EventKind, OperationId, SnapshotKind};
use rivet_sandbox::{ActorView, Identity, Instance, RestoreError, SchedulesView, Trap};
use rivet_store::{
    ActorDirectory, ActorRecord, Claim, Overlay, Snapshots, Store, StoreError, StoredSnapshot, WriteSet,
};

use crate::actor::memory::Memory;
use crate::catalog::Launch;

/// The call id of every cold start: the first of its instance.
pub(super) const START_CALL: CallId = 1;

/// An actor that is about to start.
pub(super) struct Start {
    pub(super) record: ActorRecord,
    pub(super) claim: Claim,
    pub(super) launch: Launch,
    /// The input of an actor that was never started; none for one that was.
    pub(super) input: Option<Bytes>,
}

/// An instance that was just made.
pub(super) struct Begun {
    pub(super) instance: Instance,
    /// What the actor remembers, if it has its memory back.
    pub(super) memory: Option<Memory>,
    /// The operations that it waits for in vain.
    pub(super) lost: Vec<OperationId>,
    /// What ends the snapshot that the actor had: to be durable before anything is heard of the instance, so that no
    /// memory is ever lived on from twice.
    pub(super) ends_snapshot: WriteSet,
}

/// Why an actor starts cold although it has a snapshot.
#[derive(Debug, thiserror::Error)]
enum Cold {
    #[error("{0}")]
    Damaged(StoreError),
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("the actor has committed since it was taken")]
    Stale,
    #[error("the actor's option `snapshot` is `none`")]
    Unwanted,
    #[error("{0}")]
    Foreign(RestoreError),
    #[error("it cannot be restored: {0}")]
    Failed(RestoreError),
}

impl Start {
    /// Makes the instance, with the connections that are still open: from the actor's memory if that is there and fits.
    pub(super) async fn begin(
        &self,
        store: &Store,
        connections: Vec<(ConnectionId, Connection)>,
    ) -> Result<Begun, Trap> {
        let id = self.record.id;
        let mut ends_snapshot = WriteSet::new();
        // One that was never started never slept.
        let snapshots = Snapshots::new(store.clone());
        let stored = if self.input.is_some() { Ok(None) } else { snapshots.load(id) };
        let stored = match stored {
            Ok(None) => None,
            Ok(Some(stored)) => {
                Snapshots::delete(&mut ends_snapshot, id, &stored);
                Some(Ok(stored))
            }
            Err(error) => {
                if let Err(unreadable) = snapshots.delete_damaged(&mut ends_snapshot, id) {
                    tracing::error!(actor = %id, "its snapshot cannot be removed: {unreadable}");
                }
                Some(Err(Cold::Damaged(error)))
            }
        };
        if let Some(stored) = stored {
            let restored = match stored {
                Ok(stored) => self.restore(store, connections.clone(), &stored).await,
                Err(cold) => Err(cold),
            };
            match restored {
                Ok((instance, memory, lost)) => {
                    return Ok(Begun { instance, memory: Some(memory), lost, ends_snapshot });
                }
                Err(cold) => self.report(&cold),
            }
        }
        let instance = Instance::new(&self.launch.program, self.view(store, connections)).await?;
        Ok(Begun { instance, memory: None, lost: Vec::new(), ends_snapshot })
    }

    async fn restore(
        &self,
        store: &Store,
        connections: Vec<(ConnectionId, Connection)>,
        stored: &StoredSnapshot,
    ) -> Result<(Instance, Memory, Vec<OperationId>), Cold> {
        if self.launch.snapshot == SnapshotKind::None {
            return Err(Cold::Unwanted);
        }
        // A claim's generation is one more than the newest that has committed.
        if stored.generation.checked_add(1) != Some(self.claim.generation()) {
            return Err(Cold::Stale);
        }
        let (memory, image) =
            Memory::unpack(stored.bytes.clone()).await.map_err(|e| Cold::Unreadable(e.to_string()))?;
        let (lost, open) = (image.suspended().lost.clone(), image.suspended().open_calls.clone());
        let view = self.view(store, connections);
        let mut instance =
            Instance::restore(&self.launch.program, view, image).await.map_err(|error| match error {
                RestoreError::Foreign(_) => Cold::Foreign(error),
                error => Cold::Failed(error),
            })?;
        // Nobody waits for their answers any more.
        open.into_iter().filter(|call| memory.run != Some(*call)).for_each(|call| instance.close_call(call));
        Ok((instance, memory, lost))
    }

    fn view(&self, store: &Store, connections: Vec<(ConnectionId, Connection)>) -> ActorView {
        let identity = Identity {
            actor: self.record.id,
            namespace: self.record.namespace.clone(),
            name: self.record.name.clone(),
            key: self.record.key.clone(),
            generation: self.claim.generation(),
        };
        let component = Arc::clone(&self.launch.component);
        let (directory, id) = (ActorDirectory::new(store.clone()), self.record.id);
        // A store that cannot be read says so at the first turn, too.
        let known = |time_ms: Result<Option<u64>, StoreError>| {
            time_ms.unwrap_or_else(|error| {
                tracing::error!(actor = %id, "what it is to do at what time cannot be read: {error}");
                None
            })
        };
        let (due_ms, wake_at_ms) = (known(directory.first_due_ms(id)), known(directory.wake_at_ms(id)));
        let schedules = SchedulesView { due_ms, wake_at_ms, most: self.launch.schedules_max };
        ActorView {
            identity,
            component,
            overlay: Overlay::new(store.clone()),
            connections,
            queue_limits: self.launch.queue_limits,
            schedules,
            sql_max_bytes: self.launch.sql_max_bytes,
        }
    }

    /// One line in the log: a memory that is lost is never lost in silence.
    fn report(&self, cold: &Cold) {
        let (actor, name, key) = (self.record.id, &self.record.name, self.record.key.serialize());
        let component = &self.launch.component;
        match cold {
            // As it was asked for, by a deployment or an option.
            Cold::Unwanted | Cold::Foreign(_) => {
                tracing::info!(%actor, %name, %key, %component, "starts cold, without its memory snapshot: {cold}");
            }
            Cold::Stale => {
                tracing::warn!(%actor, %name, %key, %component, "starts cold, without its memory snapshot: {cold}");
            }
            Cold::Damaged(_) | Cold::Unreadable(_) | Cold::Failed(_) => {
                tracing::error!(%actor, %name, %key, %component, "starts cold, without its memory snapshot: {cold}");
            }
        }
    }

    /// The event that a cold instance gets first.
    pub(super) fn event(&self) -> Event {
        match &self.input {
            Some(input) => Event { payload: input.clone(), ..Event::bare(EventKind::Create, START_CALL) },
            None => Event::bare(EventKind::Wake, START_CALL),
        }
    }
}
