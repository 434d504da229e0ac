//! Runs the actor's futures. It has one thread, and it never waits: it polls what was woken until nothing
//! is, and then the turn is over.
//!
//! Everything lies in linear memory, so a snapshot of the memory holds the suspended futures too.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::host::client::Hold;

/// Adds a future to those that [`run`] polls.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    add(future, 0);
}

/// The same for a future that answers a call: it is dropped with it.
pub(crate) fn spawn_call(call: u64, future: impl Future<Output = ()> + 'static) {
    add(future, call);
}

/// Drops the futures that answer calls: the host has closed these calls, and whoever waits behind one of them would wait in
/// vain.
pub(crate) fn give_up_calls() {
    let calls: Vec<Task> = EXECUTOR.with_borrow_mut(|executor| {
        executor.tasks.extract_if(.., |_, task| task.call != 0).map(|(_, task)| task).collect()
    });
    // Dropping a future may reach back into the executor, so it happens outside the borrow.
    drop(calls);
}

/// The call that the future which is being polled answers, 0 for none, and how it holds on to the actor.
pub(crate) fn current() -> (u64, Hold) {
    CURRENT.get()
}

/// Notes how the future which is being polled holds on to the actor; gives how it did before.
pub(crate) fn hold(hold: Hold) -> Hold {
    let (call, before) = CURRENT.get();
    CURRENT.set((call, hold));
    before
}

fn add(future: impl Future<Output = ()> + 'static, call: u64) {
    EXECUTOR.with_borrow_mut(|executor| {
        executor.last_id += 1;
        let id = executor.last_id;
        let alarm = Arc::new(Alarm { id, rung: AtomicBool::new(true) });
        let (waker, hold) = (Waker::from(alarm.clone()), Hold::None);
        let task = Task { future: Box::pin(future), waker, alarm, call, hold };
        executor.tasks.insert(id, task);
        executor.ready.push_back(id);
    });
}

/// Polls every woken future until all of them wait. A future that always wakes itself keeps the turn
/// going until the host's CPU budget ends it.
pub(crate) fn run() {
    while let Some(mut task) = next_ready() {
        task.alarm.rung.store(false, Ordering::Relaxed);
        CURRENT.set((task.call, task.hold));
        let poll = task.future.as_mut().poll(&mut Context::from_waker(&task.waker));
        task.hold = CURRENT.replace((0, Hold::None)).1;
        if poll == Poll::Pending {
            let id = task.alarm.id;
            EXECUTOR.with_borrow_mut(|executor| executor.tasks.insert(id, task));
        }
    }
}

/// Drops every future: for a test that begins anew.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn clear() {
    // Dropping a future may reach back into the executor, so it happens outside the borrow.
    drop(EXECUTOR.take());
}

thread_local! {
    static EXECUTOR: RefCell<Executor> = RefCell::default();
    static CURRENT: Cell<(u64, Hold)> = const { Cell::new((0, Hold::None)) };
}

/// The bound on both collections is the memory that the host lets the actor have: past it the turn traps,
/// and the next one begins anew. The host also bounds the calls that are open at a time, but one that it
/// waits for no longer goes on here until its future ends, and `Ctx::spawn` adds futures of its own.
#[derive(Default)]
struct Executor {
    last_id: u64,
    /// The futures that are not being polled right now.
    tasks: BTreeMap<u64, Task>,
    /// The woken ones, in the order in which they were woken; each at most once.
    ready: VecDeque<u64>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
    alarm: Arc<Alarm>,
    /// The call that it answers; 0 for none.
    call: u64,
    hold: Hold,
}

/// A waker must be `Send`, so it holds no task, only the number of one.
struct Alarm {
    id: u64,
    /// Whether the task is in `ready` already.
    rung: AtomicBool,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        if !self.rung.swap(true, Ordering::Relaxed) {
            EXECUTOR.with_borrow_mut(|executor| executor.ready.push_back(self.id));
        }
    }
}

fn next_ready() -> Option<Task> {
    EXECUTOR.with_borrow_mut(|executor| {
        while let Some(id) = executor.ready.pop_front() {
            // A task that has ended may still be woken.
            if let Some(task) = executor.tasks.remove(&id) {
                return Some(task);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn runs_what_was_spawned_in_order() {
        clear();
        let seen = Rc::new(RefCell::new(vec![]));
        for n in 0..3 {
            let seen = seen.clone();
            spawn(async move {
                seen.borrow_mut().push(n);
                let inner = seen.clone();
                spawn(async move { inner.borrow_mut().push(n + 10) });
            });
        }
        assert!(seen.borrow().is_empty());
        run();
        assert_eq!(*seen.borrow(), [0, 1, 2, 10, 11, 12]);
    }

    #[test]
    fn polls_only_what_was_woken() {
        clear();
        let polls = Rc::new(Cell::new(0));
        let waker = Rc::new(RefCell::new(None::<Waker>));
        let (count, slot) = (polls.clone(), waker.clone());
        spawn(poll_fn(move |context| {
            count.set(count.get() + 1);
            *slot.borrow_mut() = Some(context.waker().clone());
            if count.get() == 2 { Poll::Ready(()) } else { Poll::Pending }
        }));
        run();
        run();
        assert_eq!(polls.get(), 1);

        let waker = waker.take().unwrap();
        waker.wake_by_ref();
        waker.wake_by_ref();
        run();
        assert_eq!(polls.get(), 2);

        waker.wake();
        run();
        assert_eq!(polls.get(), 2, "a task that has ended is not polled");
    }

    #[test]
    fn a_task_that_wakes_itself_goes_to_the_end_of_the_line() {
        clear();
        let seen = Rc::new(RefCell::new(vec![]));
        let first = seen.clone();
        let mut yielded = false;
        spawn(poll_fn(move |context| {
            first.borrow_mut().push("yielding");
            if yielded {
                return Poll::Ready(());
            }
            yielded = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }));
        let second = seen.clone();
        spawn(async move { second.borrow_mut().push("other") });
        run();
        assert_eq!(*seen.borrow(), ["yielding", "other", "yielding"]);
    }
}
