//! Waking, and the sign that it is over: what changes around an actor whose memory goes on.

use std::cell::{Cell, RefCell};
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
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "this does nothing until it is awaited"]
pub struct Aborted(());

impl Future for Aborted {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if ABORTED.get() {
            return Poll::Ready(());
        }
        WAITING.with_borrow_mut(|waiting| {
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
        });
        Poll::Pending
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

/// The actor is awake.
pub(crate) fn begin(wake: Wake) {
    WAKE.set(wake);
    ABORTED.set(false);
}

/// The actor is to sleep or is destroyed.
pub(crate) fn abort() {
    ABORTED.set(true);
    WAITING.take().into_iter().for_each(Waker::wake);
}

thread_local! {
    static WAKE: Cell<Wake> = const { Cell::new(Wake::Cold) };
    static ABORTED: Cell<bool> = const { Cell::new(false) };
    /// Those who wait for the sign: at most one a task.
    static WAITING: RefCell<Vec<Waker>> = const { RefCell::new(Vec::new()) };
}
