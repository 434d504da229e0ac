//! What a connection tells of the statement that it runs: how long it may go on, and what it was forbidden.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::Clock;

/// The time of the call that is under way, and what became of it. Shared with the callbacks of the connection, which run on
/// the thread of the call.
pub(super) struct Meter {
    clock: Arc<dyn Clock>,
    /// When the time of the call is over, on the monotonic clock; none while there is no bound.
    deadline: Mutex<Option<Duration>>,
    is_over: AtomicBool,
    /// Whether it is over so soon because the call may be made again, with more time.
    is_glance: AtomicBool,
    /// What was forbidden last.
    forbidden: Mutex<Option<String>>,
}

impl Meter {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let (is_over, is_glance) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { clock, deadline: Mutex::default(), is_over, is_glance, forbidden: Mutex::default() }
    }

    /// Begins a call that may take so long, or a glance, if that is less.
    pub(super) fn begin(&self, budget: Duration, glance: Option<Duration>) {
        let glance = glance.filter(|glance| *glance < budget);
        *self.deadline.lock() = Some(self.clock.monotonic().saturating_add(glance.unwrap_or(budget)));
        self.is_glance.store(glance.is_some(), Relaxed);
        self.is_over.store(false, Relaxed);
        *self.forbidden.lock() = None;
    }

    /// The wall clock, in milliseconds since the Unix epoch.
    pub(super) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Takes the bound away.
    pub(super) fn end(&self) {
        *self.deadline.lock() = None;
    }

    /// Whether the statement is to be interrupted. Once it is, all that follow in the call are.
    pub(super) fn is_to_stop(&self) -> bool {
        let is_over = self.deadline.lock().is_some_and(|deadline| self.clock.monotonic() >= deadline);
        self.is_over.fetch_or(is_over, Relaxed);
        is_over
    }

    /// Whether a statement of the call was interrupted.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Relaxed)
    }

    /// Whether more time would be given to the call.
    pub(super) fn is_glance(&self) -> bool {
        self.is_glance.load(Relaxed)
    }

    pub(super) fn forbid(&self, what: String) {
        *self.forbidden.lock() = Some(what);
    }

    /// What was forbidden since the call began.
    pub(super) fn forbidden(&self) -> Option<String> {
        self.forbidden.lock().clone()
    }
}
