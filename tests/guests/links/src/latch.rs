//! Something to wait for that happens when somebody says so.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Shut at first. Once it was opened it stays so.
#[derive(Default)]
pub struct Latch {
    open: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Latch {
    pub async fn opened(&self) {
        poll_fn(|context| {
            if self.open.get() {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    pub fn open(&self) {
        self.open.set(true);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }

    /// How many wait: none is woken before it opens.
    pub fn waiting(&self) -> usize {
        self.waiting.borrow().len()
    }
}
