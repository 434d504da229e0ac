//! What a connection tells of the statement that it runs: how long it may go on, and what it was forbidden.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::{Clock, limits};

/// The time of the call that is under way, and what became of it. Shared with the callbacks of the connection, which run on
/// the thread of the call.
pub(super) struct Meter {
    clock: Arc<dyn Clock>,
    /// When the time of the call is over, on the monotonic clock; none while there is no bound.
    deadline: Mutex<Option<Duration>>,
    is_over: AtomicBool,
    /// Whether it is over so soon because the call may be made again, with more time.
    is_glance: AtomicBool,
    /// Whether the statement has committed: it is not to be interrupted any more, for it could not be undone.
    has_committed: AtomicBool,
    /// How many functions the statement calls, and how many of those that are slow.
    functions: AtomicUsize,
    slow_functions: AtomicUsize,
    /// Whether the statement makes a virtual table.
    makes_virtual: AtomicBool,
    /// Whether something temporary was made.
    has_temporary: AtomicBool,
    /// What was forbidden last.
    forbidden: Mutex<Option<String>>,
}

impl Meter {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            deadline: Mutex::default(),
            is_over: AtomicBool::default(),
            is_glance: AtomicBool::default(),
            has_committed: AtomicBool::default(),
            functions: AtomicUsize::default(),
            slow_functions: AtomicUsize::default(),
            makes_virtual: AtomicBool::default(),
            has_temporary: AtomicBool::default(),
            forbidden: Mutex::default(),
        }
    }

    /// Begins a call that may take so long, or a glance, if that is less.
    pub(super) fn begin(&self, budget: Duration, glance: Option<Duration>) {
        let glance = glance.filter(|glance| *glance < budget);
        *self.deadline.lock() = Some(self.clock.monotonic().saturating_add(glance.unwrap_or(budget)));
        self.is_glance.store(glance.is_some(), Relaxed);
        self.is_over.store(false, Relaxed);
        *self.forbidden.lock() = None;
    }

    /// Begins a statement of the call, before it is compiled.
    pub(super) fn begin_statement(&self) {
        self.has_committed.store(false, Relaxed);
        self.functions.store(0, Relaxed);
        self.slow_functions.store(0, Relaxed);
        self.makes_virtual.store(false, Relaxed);
    }

    /// Runs what must not be interrupted, and takes no time to speak of.
    pub(super) fn unbounded<T>(&self, run: impl FnOnce() -> T) -> T {
        let deadline = self.deadline.lock().take();
        let out = run();
        *self.deadline.lock() = deadline;
        out
    }

    /// The statement commits.
    pub(super) fn commit(&self) {
        self.has_committed.store(true, Relaxed);
    }

    /// Counts a call of a function in the statement; gives the limit if there are too many.
    pub(super) fn count_function(&self, is_slow: bool) -> Option<usize> {
        let functions = self.functions.fetch_add(1, Relaxed) + 1;
        let slow = self.slow_functions.fetch_add(usize::from(is_slow), Relaxed) + usize::from(is_slow);
        match (functions > limits::SQL_FUNCTIONS, slow > limits::SQL_SLOW_FUNCTIONS) {
            (_, true) => Some(limits::SQL_SLOW_FUNCTIONS),
            (true, false) => Some(limits::SQL_FUNCTIONS),
            (false, false) => None,
        }
    }

    pub(super) fn note_virtual(&self) {
        self.makes_virtual.store(true, Relaxed);
    }

    /// Whether the statement makes a virtual table.
    pub(super) fn makes_virtual(&self) -> bool {
        self.makes_virtual.load(Relaxed)
    }

    pub(super) fn note_temporary(&self) {
        self.has_temporary.store(true, Relaxed);
    }

    /// Whether something temporary was made.
    pub(super) fn has_temporary(&self) -> bool {
        self.has_temporary.load(Relaxed)
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
        if self.has_committed.load(Relaxed) {
            return false;
        }
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
