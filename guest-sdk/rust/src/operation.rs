//! Futures of operations: what the host starts, and completes with a later event.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::host::{self, HostError};
use crate::{Error, Result};

/// A timer, from [`crate::Ctx::sleep`]. It starts at the first poll.
#[derive(Debug)]
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    after_ms: u64,
    operation: Option<Operation>,
}

impl Sleep {
    pub(crate) fn new(duration: Duration) -> Self {
        let after_ms = duration.as_nanos().div_ceil(1_000_000);
        Self { after_ms: u64::try_from(after_ms).unwrap_or(u64::MAX), operation: None }
    }
}

impl Future for Sleep {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let after_ms = self.after_ms;
        let operation = match &mut self.operation {
            Some(operation) => operation,
            none => none.insert(Operation::new(host::timer::start(after_ms)?)),
        };
        Pin::new(operation).poll(context).map_ok(|_payload| ())
    }
}

/// Ends an operation: wakes whoever awaits it. One that nobody awaits any more is ignored, because its
/// completion may have been on its way when it was cancelled.
pub(crate) fn complete(id: u64, payload: Vec<u8>, error: Option<HostError>) {
    let outcome = error.map_or(Ok(payload), |error| Err(Error::from(error)));
    let waiting = PENDING.with_borrow_mut(|pending| {
        let slot = pending.get_mut(&id)?;
        match std::mem::replace(slot, Progress::Ended(outcome)) {
            Progress::Waiting(waker) => Some(waker),
            Progress::Ended(_) => None,
        }
    });
    if let Some(waker) = waiting {
        waker.wake();
    }
}

thread_local! {
    /// The operations that a future awaits; the host bounds how many there are.
    static PENDING: RefCell<BTreeMap<u64, Progress>> = RefCell::default();
}

enum Progress {
    Waiting(Waker),
    Ended(Result<Vec<u8>>),
}

/// An operation that was started, whose future is its result; cancelled when dropped before its end. To be
/// polled before the turn ends that started it.
#[derive(Debug)]
#[must_use = "nobody hears of the end of an operation that is not awaited"]
pub(crate) struct Operation(u64);

impl Operation {
    pub(crate) fn new(id: u64) -> Self {
        Self(id)
    }
}

impl Future for Operation {
    type Output = Result<Vec<u8>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        PENDING.with_borrow_mut(|pending| match pending.remove(&self.0) {
            Some(Progress::Ended(outcome)) => {
                // 0 is no operation: nothing is left to cancel.
                self.0 = 0;
                Poll::Ready(outcome)
            }
            _ => {
                pending.insert(self.0, Progress::Waiting(context.waker().clone()));
                Poll::Pending
            }
        })
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        // Nothing is there any more when a test's thread ends.
        let awaited = PENDING.try_with(|pending| pending.borrow_mut().remove(&self.0));
        if let Ok(Some(Progress::Waiting(_))) = awaited {
            host::operation::cancel(self.0);
        }
    }
}
