//! Who may use the actor: any number of shared holders or one exclusive holder, first come, first served.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::VecDeque;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::actor::Access;
use crate::executor;
use crate::host::client::Hold;

/// A readers-writer lock for one thread whose holders keep it across awaits.
///
/// Strictly in order of arrival: a shared request that comes after a waiting exclusive one waits too, so
/// neither kind starves the other. Whoever stands in line is a future, and they are bounded with those
/// (`executor.rs`).
pub struct Lock<A> {
    /// The line keeps the order; it is this cell that makes a mistake in it a panic, not a data race.
    value: RefCell<A>,
    line: RefCell<Line>,
}

impl<A> Lock<A> {
    /// A lock with nobody in line.
    pub fn new(value: A) -> Self {
        Self { value: RefCell::new(value), line: RefCell::default() }
    }

    /// Waits for shared use.
    pub async fn shared(&self) -> Shared<'_, A> {
        let place = Place::take(&self.line, Access::Shared).await;
        Shared { value: self.value.borrow(), _place: place, _holding: Holding::new(Hold::Shared) }
    }

    /// Waits for exclusive use.
    pub async fn exclusive(&self) -> Exclusive<'_, A> {
        let place = Place::take(&self.line, Access::Exclusive).await;
        Exclusive { value: self.value.borrow_mut(), _place: place, _holding: Holding::new(Hold::Exclusive) }
    }
}

/// Shared use of the actor; ends when dropped.
pub struct Shared<'a, A> {
    // Before the place: fields drop in order, and the next in line may enter as soon as the place is free.
    value: Ref<'a, A>,
    _place: Place<'a>,
    _holding: Holding,
}

impl<A> Deref for Shared<'_, A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.value
    }
}

/// Exclusive use of the actor; ends when dropped.
pub struct Exclusive<'a, A> {
    value: RefMut<'a, A>,
    _place: Place<'a>,
    _holding: Holding,
}

impl<A> Deref for Exclusive<'_, A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.value
    }
}

impl<A> DerefMut for Exclusive<'_, A> {
    fn deref_mut(&mut self) -> &mut A {
        &mut self.value
    }
}

/// Tells the executor how the future that is inside holds on to the actor: calls of other actors say so.
struct Holding {
    before: Hold,
}

impl Holding {
    fn new(hold: Hold) -> Self {
        Self { before: executor::hold(hold) }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        executor::hold(self.before);
    }
}

#[derive(Default)]
struct Line {
    last_ticket: u64,
    /// Those inside.
    holders: Vec<(u64, Access)>,
    /// Those outside, first come first.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    ticket: u64,
    access: Access,
    waker: Option<Waker>,
}

impl Line {
    /// Lets in everyone at the head of the line who may enter.
    fn advance(&mut self) {
        while let Some(next) = self.waiting.front() {
            let free = match next.access {
                Access::Shared => self.holders.iter().all(|(_, access)| *access == Access::Shared),
                Access::Exclusive => self.holders.is_empty(),
                // It does not stand in line.
                Access::Free => true,
            };
            if !free {
                return;
            }
            if let Some(Waiting { ticket, access, waker }) = self.waiting.pop_front() {
                self.holders.push((ticket, access));
                waker.into_iter().for_each(Waker::wake);
            }
        }
    }
}

/// A place in the line, then inside. Dropping it leaves, from either.
struct Place<'a> {
    line: &'a RefCell<Line>,
    ticket: u64,
}

impl<'a> Place<'a> {
    /// Queues up, and returns once inside.
    async fn take(line: &'a RefCell<Line>, access: Access) -> Self {
        let ticket = {
            let mut line = line.borrow_mut();
            line.last_ticket += 1;
            let ticket = line.last_ticket;
            line.waiting.push_back(Waiting { ticket, access, waker: None });
            line.advance();
            ticket
        };
        let place = Self { line, ticket };
        Entry { place: &place }.await;
        place
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut line = self.line.borrow_mut();
        line.holders.retain(|(ticket, _)| *ticket != self.ticket);
        line.waiting.retain(|waiting| waiting.ticket != self.ticket);
        line.advance();
    }
}

/// Waits until a place is inside.
struct Entry<'a> {
    place: &'a Place<'a>,
}

impl Future for Entry<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut line = self.place.line.borrow_mut();
        match line.waiting.iter_mut().find(|waiting| waiting.ticket == self.place.ticket) {
            Some(waiting) => {
                waiting.waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Holder<'a> = Pin<Box<dyn Future<Output = Box<dyn Deref<Target = u32> + 'a>> + 'a>>;

    fn shared(lock: &Lock<u32>) -> Holder<'_> {
        Box::pin(async { Box::new(lock.shared().await) as Box<_> })
    }

    fn exclusive(lock: &Lock<u32>) -> Holder<'_> {
        Box::pin(async { Box::new(lock.exclusive().await) as Box<_> })
    }

    fn enter<'a>(holder: &mut Holder<'a>) -> Option<Box<dyn Deref<Target = u32> + 'a>> {
        match holder.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(guard) => Some(guard),
            Poll::Pending => None,
        }
    }

    #[test]
    fn shared_holders_are_together_and_an_exclusive_one_alone() {
        let lock = Lock::new(7);
        let (mut a, mut b, mut c, mut d) = (shared(&lock), shared(&lock), exclusive(&lock), exclusive(&lock));
        let (first, second) = (enter(&mut a).unwrap(), enter(&mut b).unwrap());
        assert_eq!(**first + **second, 14);
        assert!(enter(&mut c).is_none() && enter(&mut d).is_none());
        drop(first);
        assert!(enter(&mut c).is_none());
        drop(second);
        let third = enter(&mut c).unwrap();
        assert!(enter(&mut d).is_none());
        drop(third);
        assert!(enter(&mut d).is_some());
    }

    #[test]
    fn nobody_overtakes() {
        let lock = Lock::new(7);
        let (mut reader, mut writer, mut late) = (shared(&lock), exclusive(&lock), shared(&lock));
        let inside = enter(&mut reader).unwrap();
        assert!(enter(&mut writer).is_none());
        assert!(enter(&mut late).is_none(), "a shared holder would fit, but a writer was first");
        drop(inside);
        assert!(enter(&mut late).is_none());
        drop(enter(&mut writer).unwrap());
        assert!(enter(&mut late).is_some());
    }

    #[test]
    fn whoever_gives_up_holds_nobody_up() {
        let lock = Lock::new(7);
        let (mut reader, mut writer, mut late) = (shared(&lock), exclusive(&lock), shared(&lock));
        let _inside = enter(&mut reader).unwrap();
        assert!(enter(&mut writer).is_none() && enter(&mut late).is_none());
        drop(writer);
        assert!(enter(&mut late).is_some());
    }
}
