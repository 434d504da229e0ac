//! Waking, and the sign that it is over: what changes around an actor whose memory goes on.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// How an actor came to be awake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wake {
    /// It was started: its state was created, or read from durable data. What was in memory alone is gone.
    #[default]
    Cold,
    /// It slept, and its memory is as it was: variables, waiting futures, everything.
    Snapshot,
}

/// Ends when the actor is to sleep or is destroyed; from [`crate::Ctx::aborted`].
#[derive(Debug, Default)]
#[must_use = "this does nothing until it is awaited"]
pub struct Aborted {
    /// Its place among those that wait; none before it was polled.
    place: Option<u64>,
}

impl Future for Aborted {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if ABORTED.get() {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert_with(|| {
            LAST_PLACE.set(LAST_PLACE.get() + 1);
            LAST_PLACE.get()
        });
        WAITING.with_borrow_mut(|waiting| waiting.insert(place, context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Aborted {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            // Nothing is there any more when a test's thread ends.
            let _none = WAITING.try_with(|waiting| waiting.borrow_mut().remove(&place));
        }
    }
}

/// How the actor came to be awake.
pub(crate) fn wake() -> Wake {
    WAKE.get()
}

/// Whether the actor is to sleep or is destroyed.
pub(crate) fn is_aborted() -> bool {
    ABORTED.get()
}

/// How many times the actor was to sleep: what waited meanwhile may have lost what it waited for.
pub(crate) fn sleeps() -> u64 {
    SLEEPS.get()
}

/// The actor is awake.
pub(crate) fn begin(wake: Wake) {
    WAKE.set(wake);
    ABORTED.set(false);
}

/// The actor is to sleep or is destroyed.
pub(crate) fn abort() {
    ABORTED.set(true);
    SLEEPS.set(SLEEPS.get() + 1);
    WAITING.take().into_values().for_each(Waker::wake);
}

thread_local! {
    static WAKE: Cell<Wake> = const { Cell::new(Wake::Cold) };
    static ABORTED: Cell<bool> = const { Cell::new(false) };
    static SLEEPS: Cell<u64> = const { Cell::new(0) };
    static LAST_PLACE: Cell<u64> = const { Cell::new(0) };
    /// Those who wait for the sign, each as long as its future is there.
    static WAITING: RefCell<BTreeMap<u64, Waker>> = const { RefCell::new(BTreeMap::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_no_longer_leaves_nothing_behind() {
        begin(Wake::Cold);
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            let mut waits = Aborted::default();
            assert!(Pin::new(&mut waits).poll(&mut context).is_pending());
            assert!(Pin::new(&mut waits).poll(&mut context).is_pending());
            assert_eq!(WAITING.with_borrow(BTreeMap::len), 1);
        }
        assert_eq!(WAITING.with_borrow(BTreeMap::len), 0);
        let mut waits = Aborted::default();
        assert!(Pin::new(&mut waits).poll(&mut context).is_pending());
        abort();
        assert!(Pin::new(&mut waits).poll(&mut context).is_ready());
        begin(Wake::Snapshot);
        assert!(!is_aborted());
    }
}
