//! Looking actors up.

use rivet_ground::{ActorError, ActorId, ActorKey};
use rivet_store::ActorRecord;

use crate::actor::ActorSpecifier;
use crate::gateway::{Gateway, Target, internal};

impl Gateway {
    /// The actor that has a key now.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn find(
        &self,
        namespace: &str,
        name: &str,
        key: &ActorKey,
    ) -> Result<Option<ActorRecord>, ActorError> {
        let found = self.directory.find(namespace, name, key).map_err(internal)?;
        self.settled().await?;
        Ok(found)
    }

    /// The actor of an id in a namespace, destroyed or not.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn get(&self, namespace: &str, id: ActorId) -> Result<Option<ActorRecord>, ActorError> {
        let found = self.directory.get(id).map_err(internal)?;
        self.settled().await?;
        Ok(found.filter(|record| record.namespace == namespace))
    }

    /// Actors of a name, newest first, created before `before_ms`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(
        &self,
        namespace: &str,
        name: &str,
        include_destroyed: bool,
        limit: usize,
        before_ms: Option<u64>,
    ) -> Result<Vec<ActorRecord>, ActorError> {
        let found =
            self.directory.list(namespace, name, include_destroyed, limit, before_ms).map_err(internal)?;
        self.settled().await?;
        Ok(found)
    }

    /// The instance that would answer a target, started if it does not run.
    ///
    /// # Errors
    /// As [`Gateway::action`].
    pub async fn resolve(&self, target: Target) -> Result<ActorSpecifier, ActorError> {
        let id = self.resolve_id(&target)?;
        self.supervisor.wake(id).map_err(|error| self.spoken(error))
    }

    /// When the live instance of an actor started, in milliseconds since the Unix epoch; none while it does not run.
    pub fn started_ms(&self, id: ActorId) -> Option<u64> {
        self.supervisor.started_ms(id)
    }

    /// The id that a target means now. An actor that was just created is not durable yet, but every answer of it waits
    /// behind its creation.
    pub(super) fn resolve_id(&self, target: &Target) -> Result<ActorId, ActorError> {
        let (namespace, name, key, create) = match target {
            Target::Id(id) => return Ok(*id),
            Target::Key { namespace, name, key, create } => (namespace, name, key, create),
        };
        if let Some(id) = self.supervisor.find_live(namespace, name, key) {
            return Ok(id);
        }
        if let Some(record) = self.directory.find(namespace, name, key).map_err(internal)? {
            return Ok(record.id);
        }
        let creation = create.as_ref().ok_or_else(ActorError::not_found)?;
        let made = self.make(namespace, name, key, creation.input.clone().unwrap_or_default())?;
        Ok(made.record.id)
    }
}
