//! Sleep, what keeps from it, copies of actors, what they could not deal with, and what their workflows have done.

use rand::Rng;
use rivet_ground::{ActorError, ActorId, ActorKey, limits};
use rivet_store::{ActorRecord, DeadLetter, HistoryEntry, Queues, Workflows, run_state};

use crate::actor::{Awake, CallError, Vitals};
use crate::gateway::{Gateway, internal};

/// A copy of an actor.
#[derive(Debug)]
pub struct Forked {
    /// The copy.
    pub record: ActorRecord,
    /// Why it starts cold, without the memory of the original, if it does.
    pub no_memory: Option<String>,
}

/// What is known of an actor's workflow.
#[derive(Debug)]
pub struct WorkflowRecords {
    /// What it has done; values are the guest's own.
    pub history: Vec<HistoryEntry>,
    /// How far it is, as the guest has said; none if it has not begun.
    pub state: Option<String>,
    /// Whether the actor has a workflow, as it is deployed now.
    pub is_enabled: bool,
}

impl Gateway {
    /// The actor of an id that exists, in a namespace if one is given.
    ///
    /// # Errors
    /// `actor.not_found`.
    pub async fn existing(&self, namespace: Option<&str>, id: ActorId) -> Result<ActorRecord, ActorError> {
        let record = self.directory.get(id).map_err(internal)?;
        self.settled().await?;
        let is_it = |record: &ActorRecord| {
            record.destroyed_ms.is_none() && namespace.is_none_or(|namespace| record.namespace == namespace)
        };
        record.filter(is_it).ok_or_else(ActorError::not_found)
    }

    /// Lets an actor go to sleep, and waits until it does. One that sleeps goes on sleeping.
    ///
    /// # Errors
    /// `actor.not_found` if it was destroyed instead, or why it was not ready to sleep.
    pub async fn sleep(&self, id: ActorId) -> Result<(), ActorError> {
        self.supervisor.sleep(id).await.map_err(|error| self.spoken(error))?;
        // It may have fallen asleep a moment ago: whoever hears of it can rely on its memory.
        self.settled().await
    }

    /// The messages that an actor has received in vain too often, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn dead_letters(&self, id: ActorId) -> Result<Vec<DeadLetter>, ActorError> {
        let letters =
            Queues::new(self.store.clone()).dead_letters(id, limits::DEAD_LETTERS).map_err(internal)?;
        self.settled().await?;
        Ok(letters)
    }

    /// What an actor's workflow has done, and how far it is. The actor is not woken.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn workflow_records(&self, record: &ActorRecord) -> Result<WorkflowRecords, ActorError> {
        let workflows = Workflows::new(self.store.clone());
        let history = workflows.history(record.id).map_err(internal)?;
        let state = workflows.run(record.id).map_err(internal)?.and_then(|run| run_state(&run));
        self.settled().await?;
        let is_enabled = self.catalog.launch(&record.name).is_some_and(|launch| launch.workflow);
        Ok(WorkflowRecords { history, state, is_enabled })
    }

    /// What keeps an actor awake.
    pub async fn awake(&self, id: ActorId) -> Awake {
        self.supervisor.awake(id).await
    }

    /// What all actors are doing.
    pub async fn vitals(&self) -> Vitals {
        self.supervisor.vitals().await
    }

    /// Copies an actor between two of its turns: its state, its KV data and its memory, under another key of its
    /// namespace. Nobody is connected to the copy, and nothing that was under way for others is under way in it.
    ///
    /// # Errors
    /// `actor.duplicate_key`, `actor.not_found`, or why it could not be copied.
    pub async fn fork(&self, original: &ActorRecord, key: ActorKey) -> Result<Forked, ActorError> {
        self.check_free(original, &key)?;
        let now_ms = self.clock.now_ms();
        let id = ActorId::new(now_ms, rand::rng().random());
        let copied = self.supervisor.copy(original.id, id).await.map_err(|error| self.spoken(error))?;
        let record = ActorRecord { id, key, created_ms: now_ms, ..original.clone() };
        let has_workflow = self.catalog.launch(&record.name).is_some_and(|launch| launch.workflow);
        let claim = copied.claim;
        let made = {
            let _turn = self.keys.lock();
            self.check_free(original, &record.key).and_then(|()| {
                let mut writes = copied.writes;
                writes.append(self.directory.insert_started(&record));
                if has_workflow {
                    self.directory.wake(&record, &mut writes);
                }
                self.store.commit(writes, |_| {}).map_err(internal)
            })
        };
        self.supervisor.finish_copy(claim);
        made?;
        self.settled().await?;
        if has_workflow {
            // If it cannot be started now, its time is past already, and it is tried again.
            drop(self.supervisor.wake(record.id));
        }
        Ok(Forked { record, no_memory: copied.no_memory })
    }

    fn check_free(&self, original: &ActorRecord, key: &ActorKey) -> Result<(), ActorError> {
        let ActorRecord { namespace, name, .. } = original;
        match self.directory.find(namespace, name, key).map_err(internal)? {
            Some(taken) => Err(self.duplicate(&taken)?),
            None => Ok(()),
        }
    }

    /// The error as a caller may see it.
    pub(super) fn spoken(&self, error: CallError) -> ActorError {
        match error {
            CallError::Actor(error) => self.visible(error),
            CallError::Gone => ActorError::not_found(),
        }
    }
}
