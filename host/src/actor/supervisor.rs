//! Finds or starts the instance of an actor.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use parking_lot::Mutex;
use rivet_ground::{ActorError, ActorId, ActorKey, Budget, Clock, CloseReason, Fetcher, limits};
use rivet_sandbox::Sandbox;
use rivet_store::{ActorDirectory, ActorRecord, Store};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::actor::alarms::{self, Alarms};
use crate::actor::birth::Ways;
use crate::actor::call::{CallError, Message};
use crate::actor::calls::Calls;
use crate::actor::eviction;
use crate::actor::exchange::Outside;
use crate::actor::gate::not_saved;
use crate::actor::leftovers::{self, Leftovers};
use crate::actor::live::{ActorSpecifier, Handle, Live};
use crate::actor::peers::Peers;
use crate::actor::room::Room;
use crate::actor::sockets::SocketsByActor;
use crate::actor::start::Start;
use crate::actor::tally::Tally;
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
    pub(super) sockets: SocketsByActor,
    /// Bytes that wait to be written to all sockets.
    pub(super) outlet_bytes: Arc<AtomicUsize>,
    /// The next connection's id.
    pub(super) connections: AtomicU64,
    pub(super) room: Room,
    pub(super) tally: Tally,
    /// The calls that actors make, and the way to make them.
    pub(super) calls: Calls,
    pub(super) peers: OnceLock<Weak<dyn Peers>>,
    /// Memory for what they ask each other, and for the answers.
    pub(super) asked: Arc<Budget>,
    pub(super) alarms: Arc<Alarms>,
    pub(super) leftovers: Leftovers,
    /// Copies of actors that are being made.
    pub(super) copies: Mutex<HashSet<ActorId>>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) fetcher: Arc<dyn Fetcher>,
    /// Whether the host is going down: no instance starts any more.
    closing: AtomicBool,
    /// One permit: one reclaim at a time.
    reclaiming: Arc<Semaphore>,
    reclaim_wanted: AtomicBool,
}

/// What a [`Supervisor`] works with.
pub struct SupervisorConfig {
    /// The store.
    pub store: Store,
    /// Where components come from.
    pub catalog: Arc<Catalog>,
    /// The host's clock.
    pub clock: Arc<dyn Clock>,
    /// Where instances run.
    pub sandbox: Sandbox,
    /// Instances that may be live at a time.
    pub live_max: u32,
    /// Bytes of memory that instances may take together before the idlest go to sleep.
    pub memory_max_bytes: usize,
    /// Makes the requests of actors to the outside.
    pub fetcher: Arc<dyn Fetcher>,
}

impl Supervisor {
    /// A supervisor without live actors. Runs on the tokio runtime that it is called in.
    pub fn new(config: SupervisorConfig) -> Self {
        let SupervisorConfig { store, catalog, clock, sandbox, live_max, memory_max_bytes, fetcher } = config;
        let room = Room::new(live_max, memory_max_bytes, sandbox);
        let directory = ActorDirectory::new(store.clone());
        let (live, reclaiming) = (Live::default(), Arc::new(Semaphore::new(1)));
        // Seconds in the high bits: below 2^53, and beyond what an earlier run gave unless it made a million connections a
        // second all its life.
        let connections = AtomicU64::new((clock.now_ms() / 1000) << 20);
        let shared = Arc::new(Shared {
            store,
            directory,
            clock,
            live,
            sockets: SocketsByActor::default(),
            outlet_bytes: Arc::default(),
            connections,
            room,
            tally: Tally::default(),
            calls: Calls::default(),
            peers: OnceLock::new(),
            asked: Budget::new(limits::ACTOR_CALLS_BYTES, "calls between actors"),
            alarms: Arc::default(),
            leftovers: Leftovers::default(),
            copies: Mutex::default(),
            catalog,
            fetcher,
            closing: AtomicBool::new(false),
            reclaiming,
            reclaim_wanted: AtomicBool::new(false),
        });
        tokio::spawn(eviction::run(Arc::downgrade(&shared)));
        tokio::spawn(leftovers::run(Arc::downgrade(&shared)));
        tokio::spawn(alarms::run(Arc::downgrade(&shared), shared.alarms.clone()));
        Self { shared }
    }

    /// Destroys an actor and waits until that is durable.
    ///
    /// # Errors
    /// [`CallError::Actor`] if its end could not be saved, [`CallError::Gone`] if it was destroyed before.
    pub async fn destroy(&self, id: ActorId) -> Result<(), CallError> {
        let handle = match self.handle(id) {
            Ok(handle) => handle,
            Err(CallError::Gone) => return Err(CallError::Gone),
            Err(CallError::Actor(_)) => return self.remove_untold(id).await,
        };
        let (done, waiting) = oneshot::channel();
        self.post(handle, Message::Destroy(done))?;
        waiting.await.unwrap_or_else(|_| Err(dropped().into())).map(drop)
    }

    /// Destroys an actor that cannot be told. Claimed before it is looked at, so that it cannot change meanwhile.
    pub(super) async fn remove_untold(&self, id: ActorId) -> Result<(), CallError> {
        let shared = &self.shared;
        let claim = shared.store.claim(id).map_err(internal)?;
        let record = shared.directory.get(id).map_err(internal)?;
        let removed = match record.filter(|record| record.destroyed_ms.is_none()) {
            Some(record) => {
                let writes = shared.directory.remove(&record, shared.clock.now_ms()).map_err(internal)?;
                shared.store.commit_durable(writes.fenced(claim)).await.map_err(|e| not_saved(e).into())
            }
            None => Err(CallError::Gone),
        };
        shared.store.release(claim);
        if removed.is_ok() {
            let sockets = shared.sockets.of(id);
            sockets.end_all(&destroyed());
            shared.sockets.release(id, sockets);
        }
        self.reclaim();
        removed
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

    /// Lets the turns of all calls that were sent begin and finish, and lets all actors go to sleep. Calls that wait are
    /// dropped, and no instance starts any more.
    pub async fn drain(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        let mut ending = Vec::new();
        for handle in self.shared.live.all() {
            // All at once: one that is slow must not keep the others.
            ending.push(tokio::spawn(async move {
                let _gone = handle.outside.send(Outside::Hurry);
                let (done, waiting) = oneshot::channel();
                let told = handle.mailbox.send(Box::new(Message::Stop(done))).await;
                drop(handle);
                if told.is_ok() {
                    // An instance says that it has ended by dropping its end.
                    let _ended = waiting.await;
                }
            }));
        }
        for one in ending {
            let _ended = one.await;
        }
    }

    /// Removes what destroyed actors left behind, in the background and in small steps.
    pub fn reclaim(&self) {
        self.shared.reclaim_wanted.store(true, Ordering::SeqCst);
        let Ok(turn) = self.shared.reclaiming.clone().try_acquire_owned() else { return };
        let supervisor = self.clone();
        tokio::task::spawn_blocking(move || {
            while supervisor.shared.reclaim_wanted.swap(false, Ordering::SeqCst) {
                supervisor.sweep();
            }
            drop(turn);
            // Asked for between the last look and the drop: nobody else has taken the turn.
            if supervisor.shared.reclaim_wanted.load(Ordering::SeqCst) {
                supervisor.reclaim();
            }
        });
    }

    fn sweep(&self) {
        loop {
            let found = {
                // Held over the look: a copy that begins after it has no row that could be seen yet.
                let copies = self.shared.copies.lock();
                self.shared.directory.reclaim(&copies)
            };
            let swept = match found {
                Ok(None) => return,
                Ok(Some(writes)) => self.shared.store.commit_wait(writes).map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = swept {
                // What is left waits for the next destruction, or the next start of the host.
                return tracing::warn!("the data of destroyed actors is not all removed yet: {error}");
            }
        }
    }

    /// The live instance of an actor, or a new one.
    pub(super) fn handle(&self, id: ActorId) -> Result<Handle, CallError> {
        if let Some(handle) = self.shared.live.get(id) {
            return Ok(handle);
        }
        let record = self.shared.directory.get(id).map_err(internal)?;
        let record = record.filter(|record| record.destroyed_ms.is_none()).ok_or(CallError::Gone)?;
        self.shared.live.get_or_make(&record, || self.start(&record, &mut Vec::new()))
    }

    /// Starts an instance, which takes these messages first.
    pub(super) fn start(&self, record: &ActorRecord, first: &mut Vec<Message>) -> Result<Handle, CallError> {
        let shared = &self.shared;
        let launch = shared.catalog.launch(&record.name).ok_or_else(|| {
            let message =
                format!("no component of this host has the actor {:?} any more; deploy one", record.name);
            ActorError::actor("not_registered", message)
        })?;
        if shared.is_closing() {
            return Err(ActorError::new("guard", "shutting_down", "the host is going down").into());
        }
        shared.room.check_line()?;
        let claim = shared.store.claim(record.id).map_err(internal)?;
        // Looked at again under the claim: since the first look the actor may have been destroyed.
        let found = shared.directory.get(record.id).map_err(internal)?;
        let Some(record) = found.filter(|record| record.destroyed_ms.is_none()) else {
            shared.store.release(claim);
            return Err(CallError::Gone);
        };
        let input = shared.directory.input(record.id).map_err(internal)?;
        let (sender, mailbox) = mpsc::channel(limits::MAILBOX_CALLS);
        let (to_outside, from_outside) = mpsc::unbounded_channel();
        for message in first.drain(..) {
            // They come from a mailbox of the same size.
            if let Err(error) = sender.try_send(Box::new(message)) {
                error.into_inner().end(dropped().into());
            }
        }
        let handle = Handle {
            specifier: ActorSpecifier {
                id: record.id,
                generation: claim.generation(),
                key: record.key.clone(),
            },
            mailbox: sender,
            outside: to_outside.clone(),
            pulse: Arc::default(),
            started_ms: shared.clock.now_ms(),
            action_timeout_ms: launch.action_timeout_ms,
            exclusive: launch.exclusive.clone(),
        };
        handle.pulse.beat(shared.clock.monotonic());
        let start = Start { record, claim, launch, input };
        let ways = Ways { mailbox, to_outside, from_outside, pulse: handle.pulse.clone() };
        tokio::spawn(ActorTask::run(self.clone(), start, ways));
        Ok(handle)
    }
}

impl Shared {
    /// Whether the host is going down.
    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}

/// What the sockets of an actor that was destroyed are closed with.
pub(super) fn destroyed() -> CloseReason {
    CloseReason { code: 1000, reason: "actor.destroyed".to_owned() }
}

pub(super) fn overloaded(message: &str) -> ActorError {
    ActorError::actor("overloaded", message)
}

/// No code that clients try again: what the actor did before it ended may have been kept.
pub(super) fn dropped() -> ActorError {
    ActorError::new("core", "internal_error", "the actor ended without answering")
}

pub(super) fn internal(error: rivet_store::StoreError) -> ActorError {
    ActorError::new("core", "internal_error", error.to_string())
}
