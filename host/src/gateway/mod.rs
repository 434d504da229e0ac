//! From what a client addresses to the actor that answers: names and keys to ids, creation, and calls.

mod connect;
mod create;
mod find;
mod peers;
mod rest;

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{ActorError, Clock};
use rivet_store::{ActorDirectory, Store, WriteSet};

use crate::actor::{CallError, Supervisor};
use crate::catalog::Catalog;

pub use crate::actor::{
    ActorSpecifier, Awake, Broadcast, BrokenOff, Caller, Head, Incoming, Outgoing, RawRequest, RawResponse,
    RequestBody, ResponseBody, Vitals,
};
pub use connect::{Connection, RawAnswer};
pub use rest::{Forked, WorkflowRecords};
pub use rivet_ground::{Creation, Publish, Target, Work};
pub use rivet_store::{ActorRecord, DeadLetter, HistoryEntry, Segment};

/// An actor may be destroyed between the look-up and the call; a target by key then means the next one.
const TRIES: usize = 8;

/// The way from outside to actors.
pub struct Gateway {
    store: Store,
    directory: ActorDirectory,
    supervisor: Supervisor,
    catalog: Arc<Catalog>,
    clock: Arc<dyn Clock>,
    /// Held while a key is looked up and given away, so that it is given to one actor.
    keys: parking_lot::Mutex<()>,
    /// Whether callers may see the words of every error (`RIVET_EXPOSE_ERRORS`).
    expose_errors: bool,
}

/// What an actor answered.
#[derive(Debug)]
pub struct Answer {
    /// Who answered.
    pub actor: ActorSpecifier,
    /// What it answered: the output, or the response to a message (CBOR; empty for `undefined` and for none), or the error as
    /// the caller may see it.
    pub outcome: Result<Bytes, ActorError>,
}

impl Gateway {
    /// A gateway to the actors of a supervisor.
    pub fn new(
        store: Store,
        supervisor: Supervisor,
        catalog: Arc<Catalog>,
        clock: Arc<dyn Clock>,
        expose_errors: bool,
    ) -> Self {
        let directory = ActorDirectory::new(store.clone());
        Self {
            store,
            directory,
            supervisor,
            catalog,
            clock,
            keys: parking_lot::Mutex::new(()),
            expose_errors,
        }
    }

    /// Calls an action of the actor that a target names, or sends its queue a message, and waits for the answer.
    ///
    /// # Errors
    /// There is no such actor and none was to be created, or it cannot be started: nothing was called.
    pub async fn call(&self, target: Target, work: Work, caller: Caller) -> Result<Answer, ActorError> {
        for _ in 0..TRIES {
            let id = self.resolve_id(&target)?;
            match self.supervisor.call(id, work.clone(), caller.clone()).await {
                Ok((actor, Ok(output))) => return Ok(Answer { actor, outcome: Ok(output) }),
                Ok((actor, Err(CallError::Actor(error)))) => {
                    return Ok(Answer { actor, outcome: Err(self.visible(error)) });
                }
                Err(CallError::Actor(error)) => return Err(self.visible(error)),
                Ok((_, Err(CallError::Gone))) | Err(CallError::Gone) if target.is_key() => {}
                Ok((_, Err(CallError::Gone))) | Err(CallError::Gone) => break,
            }
        }
        // What was destroyed a moment ago may not be durably so.
        self.settled().await?;
        Err(ActorError::not_found())
    }

    /// Destroys an actor, with all it has. Destroying it again is no error.
    ///
    /// # Errors
    /// `actor.not_found` for an actor that never was in this namespace.
    pub async fn destroy(&self, namespace: &str, id: rivet_ground::ActorId) -> Result<(), ActorError> {
        let record = self.get(namespace, id).await?.ok_or_else(ActorError::not_found)?;
        if record.destroyed_ms.is_some() {
            return Ok(());
        }
        match self.supervisor.destroy(id).await {
            Ok(()) => Ok(()),
            // By somebody else, whose end may not be durable yet.
            Err(CallError::Gone) => self.settled().await,
            Err(CallError::Actor(error)) => Err(self.visible(error)),
        }
    }

    /// The error as a caller may see it.
    fn visible(&self, error: ActorError) -> ActorError {
        if self.expose_errors { error } else { error.masked() }
    }

    /// Waits until what was read here is durable: nobody may hear of what a crash could take back.
    async fn settled(&self) -> Result<(), ActorError> {
        if self.store.is_durable(self.store.last_seq()) {
            return Ok(());
        }
        self.store.commit_durable(WriteSet::new()).await.map_err(|error| self.visible(internal(error)))
    }
}

fn internal(error: impl std::fmt::Display) -> ActorError {
    tracing::error!("the gateway cannot go on: {error}");
    ActorError::new("core", "internal_error", error.to_string())
}
