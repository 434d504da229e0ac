//! What a workflow waits for until a time.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// The times that a workflow waits for. They come one after the other in their order, those that are over when the
/// actor starts as well: so who is first in a race does not depend on when the actor was up.
#[derive(Default)]
pub(crate) struct Alarms {
    last_id: Cell<u64>,
    set: RefCell<BTreeMap<Key, Slot>>,
}

/// A time in milliseconds since the Unix epoch, and a number.
type Key = (u64, u64);

struct Slot {
    /// Whether the actor may sleep meanwhile.
    rests: bool,
    is_due: bool,
    waker: Option<Waker>,
}

/// Ends when its time has come, and those before it have.
pub(crate) struct Alarm<'a> {
    alarms: &'a Alarms,
    key: Key,
}

impl Alarms {
    /// Waits until a time. `rests` says whether the actor may sleep meanwhile.
    pub fn at(&self, deadline_ms: u64, rests: bool) -> Alarm<'_> {
        self.last_id.set(self.last_id.get() + 1);
        let key = (deadline_ms, self.last_id.get());
        self.set.borrow_mut().insert(key, Slot { rests, is_due: false, waker: None });
        Alarm { alarms: self, key }
    }

    /// Lets the first one end whose time has come by then: it is to be polled now. Whether there was one.
    pub fn ring(&self, now_ms: u64, context: &Context<'_>) -> bool {
        let mut set = self.set.borrow_mut();
        let Some((_, slot)) = set.iter_mut().find(|((at_ms, _), slot)| *at_ms <= now_ms && !slot.is_due)
        else {
            return false;
        };
        slot.is_due = true;
        let waker = slot.waker.take();
        drop(set);
        waker.into_iter().filter(|waker| !waker.will_wake(context.waker())).for_each(Waker::wake);
        true
    }

    /// The first time that is to come.
    pub fn next_ms(&self) -> Option<u64> {
        let set = self.set.borrow();
        set.iter().find(|(_, slot)| !slot.is_due).map(|((at_ms, _), _)| *at_ms)
    }

    /// Whether the actor may sleep while all of them wait.
    pub fn rest(&self) -> bool {
        self.set.borrow().values().all(|slot| slot.rests)
    }
}

impl Future for Alarm<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.alarms.set.borrow_mut().get_mut(&self.key) {
            Some(slot) if !slot.is_due => {
                slot.waker = Some(context.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.alarms.set.borrow_mut().remove(&self.key);
    }
}
