//! Room for instances: how many there may be, how much memory they may have, and how many may start at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use rivet_ground::{ActorError, limits};
use rivet_sandbox::Sandbox;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::actor::supervisor::overloaded;

/// The room of a host.
pub(super) struct Room {
    /// One permit an instance.
    places: Arc<Semaphore>,
    /// One permit an instance that is being made.
    starts: Arc<Semaphore>,
    /// One permit a large memory that is being kept.
    keeping: Arc<Semaphore>,
    /// Those who wait for a place, and their order.
    waiting: AtomicUsize,
    line: tokio::sync::Mutex<()>,
    /// Those who are falling asleep.
    leaving: Arc<AtomicUsize>,
    /// Rung when there is not room enough.
    needed: Notify,
    live_max: u32,
    /// What instances take of memory.
    sandbox: Sandbox,
    /// How much that may be, in bytes.
    memory_max_bytes: usize,
}

/// The place of an instance.
pub(super) struct Place(#[expect(dead_code, reason = "given back when dropped")] OwnedSemaphorePermit);

/// The turn of an instance that is being made.
pub(super) struct StartTurn(#[expect(dead_code, reason = "given back when dropped")] OwnedSemaphorePermit);

impl Room {
    pub(super) fn new(live_max: u32, memory_max_bytes: usize, sandbox: Sandbox) -> Self {
        Self {
            places: Arc::new(Semaphore::new(live_max as usize)),
            starts: Arc::new(Semaphore::new(limits::STARTS)),
            keeping: Arc::new(Semaphore::new(limits::LARGE_SNAPSHOTS)),
            waiting: AtomicUsize::new(0),
            line: tokio::sync::Mutex::new(()),
            leaving: Arc::default(),
            needed: Notify::new(),
            live_max,
            sandbox,
            memory_max_bytes,
        }
    }

    /// Refuses one more that waits, if there are too many.
    pub(super) fn check_line(&self) -> Result<(), ActorError> {
        if self.waiting.load(SeqCst) < limits::STARTS_WAITING {
            return Ok(());
        }
        Err(overloaded(&format!("{} actors wait for a place on this host", limits::STARTS_WAITING)))
    }

    /// Waits for memory, a place, and the turn to start; those who have to wait come first come, first served.
    pub(super) async fn enter(&self) -> (Place, StartTurn) {
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) if !self.is_over_memory() => place,
            taken => {
                drop(taken);
                self.wait().await
            }
        };
        let turn = acquire(&self.starts).await;
        self.await_memory().await;
        (Place(place), StartTurn(turn))
    }

    async fn wait(&self) -> OwnedSemaphorePermit {
        let _waiting = Waiting::new(&self.waiting);
        self.needed.notify_one();
        // One at a time: else all of them would pass as soon as there is memory for one.
        let _turn = self.line.lock().await;
        self.await_memory().await;
        acquire(&self.places).await
    }

    async fn await_memory(&self) {
        while self.is_over_memory() {
            self.needed.notify_one();
            tokio::time::sleep(Duration::from_millis(limits::EVICT_EVERY_MS)).await;
        }
    }

    /// Why somebody who has waited for long has not got in.
    pub(super) fn fullness(&self) -> String {
        format!(
            "no room for one more actor: {} are awake, of at most {}, with {} bytes of memory, of at most {}, and none of them can \
             sleep",
            self.taken(),
            self.live_max,
            self.memory_bytes(),
            self.memory_max_bytes
        )
    }

    /// An instance begins to make room.
    pub(super) fn leave(&self) -> Leaving {
        self.leaving.fetch_add(1, SeqCst);
        Leaving(self.leaving.clone())
    }

    /// The turn to keep a large memory: two at a time, so that few are in memory twice.
    pub(super) async fn keep_large(&self) -> OwnedSemaphorePermit {
        acquire(&self.keeping).await
    }

    /// Waits until there may be not room enough.
    pub(super) async fn needed(&self) {
        // Memory grows without anybody coming.
        let look_again = Duration::from_secs(1);
        let _elapsed = tokio::time::timeout(look_again, self.needed.notified()).await;
    }

    /// How many more instances should go, beside those on their way; 0 if there is room enough.
    pub(super) fn shortage(&self) -> usize {
        let leaving = self.leaving.load(SeqCst);
        let for_places = self.waiting.load(SeqCst).saturating_sub(self.places.available_permits());
        let (bytes, taken) = (self.memory_bytes(), self.taken().max(1));
        let for_memory = bytes.saturating_sub(self.memory_max_bytes).div_ceil((bytes / taken).max(1));
        for_places.max(for_memory).saturating_sub(leaving).min(limits::EVICTIONS)
    }

    fn is_over_memory(&self) -> bool {
        self.sandbox.private_bytes() > self.memory_max_bytes
    }

    /// Instances there are.
    pub(super) fn taken(&self) -> usize {
        (self.live_max as usize).saturating_sub(self.places.available_permits())
    }

    /// Instances there may be.
    pub(super) fn live_max(&self) -> u32 {
        self.live_max
    }

    /// Bytes of memory that the instances take: an estimate.
    pub(super) fn memory_bytes(&self) -> usize {
        self.sandbox.private_bytes()
    }
}

/// An instance that is on its way out; gone when dropped.
pub(super) struct Leaving(Arc<AtomicUsize>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Somebody who waits for a place; not any more when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A permit of a semaphore that is never closed.
async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    loop {
        if let Ok(permit) = semaphore.clone().acquire_owned().await {
            return permit;
        }
    }
}
