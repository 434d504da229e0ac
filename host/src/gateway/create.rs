//! Making actors.

use bytes::Bytes;
use rand::Rng;
use rivet_ground::{ActorError, ActorId, ActorKey, check_actor_name, check_namespace, limits};
use rivet_store::ActorRecord;
use serde::Serialize;

use crate::gateway::{Gateway, internal};

/// An actor that has a key, and whether it was made for the asker.
pub(super) struct Made {
    pub(super) record: ActorRecord,
    pub(super) created: bool,
}

/// What `actor.duplicate_key` carries (client-protocol.md section 2).
#[derive(Serialize)]
struct Duplicate {
    existing_actor_id: String,
    key: String,
}

impl Gateway {
    /// Makes an actor under a key that no actor has.
    ///
    /// # Errors
    /// `actor.duplicate_key`, `actor.not_registered`, `actor.input_too_large`.
    pub async fn create(
        &self,
        namespace: &str,
        name: &str,
        key: ActorKey,
        input: Option<Bytes>,
    ) -> Result<ActorRecord, ActorError> {
        let (record, created) = self.get_or_create(namespace, name, key, input).await?;
        if created {
            return Ok(record);
        }
        Err(self.duplicate(&record)?)
    }

    /// The error of a key that an actor has already.
    pub(super) fn duplicate(&self, record: &ActorRecord) -> Result<ActorError, ActorError> {
        let (key, id) = (record.key.serialize(), record.id);
        let message = format!("Actor key '{key}' already in use for actor '{id}'");
        let metadata =
            serde_cbor::to_vec(&Duplicate { existing_actor_id: id.to_string(), key }).map_err(internal)?;
        Ok(ActorError::actor("duplicate_key", message).with_metadata(metadata))
    }

    /// The actor that has a key, or a new one; says whether it is new. The answer is durable.
    ///
    /// # Errors
    /// `actor.not_registered`, `actor.input_too_large`.
    pub async fn get_or_create(
        &self,
        namespace: &str,
        name: &str,
        key: ActorKey,
        input: Option<Bytes>,
    ) -> Result<(ActorRecord, bool), ActorError> {
        let Made { record, created } = self.make(namespace, name, &key, input.unwrap_or_default())?;
        self.settled().await?;
        if created {
            // It starts at once, as in Rivet; whether that works, its first caller hears.
            drop(self.supervisor.wake(record.id));
        }
        Ok((record, created))
    }

    /// Gives a key to a new actor, unless one has it. The new actor is committed but perhaps not durable yet.
    pub(super) fn make(
        &self,
        namespace: &str,
        name: &str,
        key: &ActorKey,
        input: Bytes,
    ) -> Result<Made, ActorError> {
        check_namespace(namespace).map_err(|e| ActorError::new("api", "bad_request", e.to_string()))?;
        check_actor_name(name).map_err(|e| ActorError::new("api", "bad_request", e.to_string()))?;
        if input.len() > limits::INPUT_BYTES {
            let message =
                format!("the input has {} bytes, over the limit of {}", input.len(), limits::INPUT_BYTES);
            return Err(ActorError::actor("input_too_large", message));
        }
        let _turn = self.keys.lock();
        if let Some(record) = self.directory.find(namespace, name, key).map_err(internal)? {
            return Ok(Made { record, created: false });
        }
        self.check_registered(name)?;
        let now_ms = self.clock.now_ms();
        let id = ActorId::new(now_ms, rand::rng().random());
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        let record =
            ActorRecord { id, namespace, name, key: key.clone(), created_ms: now_ms, destroyed_ms: None };
        let mut writes = self.directory.insert(&record, input);
        if self.catalog.launch(&record.name).is_some_and(|launch| launch.workflow) {
            self.directory.wake(&record, &mut writes);
        }
        self.store.commit(writes, |_| {}).map_err(internal)?;
        Ok(Made { record, created: true })
    }

    fn check_registered(&self, name: &str) -> Result<(), ActorError> {
        if self.catalog.launch(name).is_some() {
            return Ok(());
        }
        let mut names: Vec<String> = self.catalog.actors().into_iter().map(|actor| actor.name).collect();
        names.sort();
        let known =
            if names.is_empty() { "no actors yet; deploy a component".to_owned() } else { names.join(", ") };
        Err(ActorError::actor(
            "not_registered",
            format!("this host has no actor named {name:?}; it has: {known}"),
        ))
    }
}
