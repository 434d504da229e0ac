//! Finds or starts the instance of an actor.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorError, ActorId, ActorKey, Clock, limits};
use rivet_store::{ActorDirectory, ActorRecord, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::actor::call::{Call, CallError, Message, Reply};
use crate::actor::gate::commit_failed;
use crate::actor::live::{ActorSpecifier, Handle, Live};
use crate::actor::start::Start;
use crate::actor::task::ActorTask;
use crate::catalog::Catalog;

/// All actors of a host. Cloning is cheap.
#[derive(Clone)]
pub struct Supervisor {
    pub(super) shared: Arc<Shared>,
}

/// What the actors of a host share.
pub(super) struct Shared {
    pub(super) store: Store,
    pub(super) directory: ActorDirectory,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) live: Live,
    catalog: Arc<Catalog>,
    /// One permit an instance.
    room: Arc<Semaphore>,
    live_max: u32,
    /// One permit: one reclaim at a time.
    reclaiming: Arc<Semaphore>,
}

/// What a [`Supervisor`] works with.
pub struct SupervisorConfig {
    /// The store.
    pub store: Store,
    /// Where components come from.
    pub catalog: Arc<Catalog>,
    /// The host's clock.
    pub clock: Arc<dyn Clock>,
    /// Instances that may be live at a time.
    pub live_max: u32,
}

impl Supervisor {
    /// A supervisor without live actors.
    pub fn new(config: SupervisorConfig) -> Self {
        let SupervisorConfig { store, catalog, clock, live_max } = config;
        let room = Arc::new(Semaphore::new(live_max as usize));
        let directory = ActorDirectory::new(store.clone());
        let (live, reclaiming) = (Live::default(), Arc::new(Semaphore::new(1)));
        Self {
            shared: Arc::new(Shared { store, directory, clock, live, catalog, room, live_max, reclaiming }),
        }
    }

    /// Calls an action of an actor, starting the actor if it does not run, and waits for the answer.
    ///
    /// # Errors
    /// The outer error: no instance could be had. The inner one: the call's own.
    pub async fn call(
        &self,
        id: ActorId,
        action: String,
        args: Bytes,
    ) -> Result<(ActorSpecifier, Reply), CallError> {
        let (answer, waiting) = oneshot::channel();
        let handle = self.handle(id)?;
        let deadline = self.shared.clock.monotonic() + Duration::from_millis(handle.action_timeout_ms);
        let specifier = self.post(handle, Message::Call(Call { action, args, deadline, answer }))?;
        let reply = waiting.await.unwrap_or_else(|_| Err(dropped().into()));
        Ok((specifier, reply))
    }

    /// Destroys an actor and waits until that is durable.
    ///
    /// # Errors
    /// [`CallError::Actor`] if its end could not be saved.
    pub async fn destroy(&self, id: ActorId) -> Result<(), CallError> {
        let (done, waiting) = oneshot::channel();
        match self.handle(id).and_then(|handle| self.post(handle, Message::Destroy(done))) {
            Ok(_) => waiting.await.unwrap_or_else(|_| Err(dropped().into())).map(drop),
            Err(CallError::Gone) => Ok(()),
            Err(CallError::Actor(_)) => self.remove_untold(id).await,
        }
    }

    /// Destroys an actor that cannot be told. Its claim fences an instance that starts meanwhile.
    pub(super) async fn remove_untold(&self, id: ActorId) -> Result<(), CallError> {
        let shared = &self.shared;
        let record = shared.directory.get(id).map_err(internal)?;
        let Some(record) = record.filter(|record| record.destroyed_ms.is_none()) else { return Ok(()) };
        let claim = shared.store.claim(id).map_err(internal)?;
        let writes = shared.directory.remove(&record, shared.clock.now_ms()).fenced(claim);
        let removed = shared.store.commit_durable(writes).await;
        shared.store.release(claim);
        removed.map_err(commit_failed)?;
        self.reclaim();
        Ok(())
    }

    /// Starts an actor that does not run.
    pub fn wake(&self, id: ActorId) -> Result<ActorSpecifier, CallError> {
        self.handle(id).map(|handle| handle.specifier)
    }

    /// The live actor that has a key; none says nothing about the actors that do not run.
    pub fn find_live(&self, namespace: &str, name: &str, key: &ActorKey) -> Option<ActorId> {
        self.shared.live.find(namespace, name, key)
    }

    /// When the live instance of an actor started, in milliseconds since the Unix epoch.
    pub fn started_ms(&self, id: ActorId) -> Option<u64> {
        self.shared.live.get(id).map(|handle| handle.started_ms)
    }

    /// Live instances.
    pub fn live_count(&self) -> usize {
        self.shared.live.count()
    }

    /// Gives the messages that an instance left behind to the actor's next instance.
    pub(super) fn repost(&self, id: ActorId, messages: Vec<Message>) {
        for message in messages {
            match self.handle(id) {
                // The answer's sender went with the message: `post` has told the caller of a failure.
                Ok(handle) => drop(self.post(handle, message)),
                Err(error) => message.end(error),
            }
        }
    }

    /// Removes what destroyed actors left behind, in the background and in small steps.
    pub fn reclaim(&self) {
        let (directory, store) = (self.shared.directory.clone(), self.shared.store.clone());
        let Ok(turn) = self.shared.reclaiming.clone().try_acquire_owned() else { return };
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            loop {
                match directory.reclaim() {
                    Ok(None) => return,
                    Ok(Some(writes)) => match store.commit_wait(writes) {
                        Ok(()) => {}
                        Err(error) => {
                            return tracing::error!("cannot remove the data of destroyed actors: {error}");
                        }
                    },
                    Err(error) => {
                        return tracing::error!("cannot remove the data of destroyed actors: {error}");
                    }
                }
            }
        });
    }

    fn post(&self, mut handle: Handle, mut message: Message) -> Result<ActorSpecifier, CallError> {
        // An instance may end between being found and being written to. It cannot do so for ever.
        const TRIES: usize = 8;
        for _ in 0..TRIES {
            message = match handle.mailbox.try_send(message) {
                Ok(()) => return Ok(handle.specifier),
                Err(mpsc::error::TrySendError::Full(message)) => {
                    message.end(overloaded("the actor has too many calls waiting").into());
                    return Err(overloaded("the actor has too many calls waiting").into());
                }
                Err(mpsc::error::TrySendError::Closed(message)) => message,
            };
            handle = self.handle(handle.specifier.id)?;
        }
        message.end(dropped().into());
        Err(dropped().into())
    }

    /// The live instance of an actor, or a new one.
    fn handle(&self, id: ActorId) -> Result<Handle, CallError> {
        if let Some(handle) = self.shared.live.get(id) {
            return Ok(handle);
        }
        let record = self.shared.directory.get(id).map_err(internal)?;
        let record = record.filter(|record| record.destroyed_ms.is_none()).ok_or(CallError::Gone)?;
        self.shared.live.get_or_make(record, |record| self.start(record))
    }

    fn start(&self, record: ActorRecord) -> Result<Handle, CallError> {
        let shared = &self.shared;
        let launch = shared.catalog.launch(&record.name).ok_or_else(|| {
            let message =
                format!("no component of this host has the actor {:?} any more; deploy one", record.name);
            ActorError::actor("not_registered", message)
        })?;
        let room: OwnedSemaphorePermit = shared.room.clone().try_acquire_owned().map_err(|_| {
            overloaded(&format!("{} actors are live, the most that this host can hold", shared.live_max))
        })?;
        // Between the first look and the lock the actor may have been destroyed.
        let input = shared.directory.input(record.id).map_err(internal)?;
        let claim = shared.store.claim(record.id).map_err(internal)?;
        let (sender, mailbox) = mpsc::channel(limits::MAILBOX_CALLS);
        let handle = Handle {
            specifier: ActorSpecifier {
                id: record.id,
                generation: claim.generation(),
                key: record.key.clone(),
            },
            mailbox: sender,
            started_ms: shared.clock.now_ms(),
            action_timeout_ms: launch.action_timeout_ms,
        };
        let start = Start { record, claim, launch, input };
        tokio::spawn(ActorTask::run(self.clone(), start, mailbox, room));
        Ok(handle)
    }
}

fn overloaded(message: &str) -> ActorError {
    ActorError::actor("overloaded", message)
}

fn dropped() -> ActorError {
    ActorError::actor(
        "dropped_reply",
        "the actor ended without answering; nothing that it had not answered was kept",
    )
}

fn internal(error: rivet_store::StoreError) -> CallError {
    ActorError::new("core", "internal_error", error.to_string()).into()
}
