//! Those of a workflow who wait for a turn.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::task::{Context, Poll, Waker};

/// Those who wait for a turn, in which one of them goes on: the one that has waited the longest since it recorded something. The
/// history says when that was, so a cold start, at which all of them come at a time, changes nothing.
#[derive(Default)]
pub(crate) struct Line {
    last_id: Cell<u64>,
    waiting: RefCell<BTreeMap<Key, Option<Waker>>>,
    /// Who goes on if it is polled now.
    called: Cell<Option<Key>>,
}

/// The number of what was recorded last, and one of its own.
type Key = (u64, u64);

/// A place in the line; dropping it leaves.
pub(crate) struct Waiter<'a> {
    line: &'a Line,
    key: Key,
}

impl Line {
    /// Gets in line, after having recorded something with this number.
    pub fn wait(&self, order: u64) -> Waiter<'_> {
        self.last_id.set(self.last_id.get() + 1);
        let key = (order, self.last_id.get());
        self.waiting.borrow_mut().insert(key, None);
        Waiter { line: self, key }
    }

    /// Lets the first one go on, who is to be polled now, and nobody else.
    pub fn call(&self, context: &Context<'_>) {
        let mut waiting = self.waiting.borrow_mut();
        let first = waiting.first_entry();
        self.called.set(first.as_ref().map(|first| *first.key()));
        let waker = first.and_then(|mut first| first.get_mut().take());
        drop(waiting);
        waker.into_iter().filter(|waker| !waker.will_wake(context.waker())).for_each(Waker::wake);
    }

    /// Whether the first one is not the one that was called.
    pub fn goes_on(&self) -> bool {
        let waiting = self.waiting.borrow();
        waiting.first_key_value().is_some_and(|(first, _)| self.called.get() != Some(*first))
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.borrow().is_empty()
    }
}

impl Waiter<'_> {
    /// Ends when it is called, while there is room in the turn.
    pub fn poll(&self, context: &Context<'_>, has_room: bool) -> Poll<()> {
        if has_room && self.line.called.get() == Some(self.key) {
            return Poll::Ready(());
        }
        self.line.waiting.borrow_mut().insert(self.key, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.line.waiting.borrow_mut().remove(&self.key);
    }
}
