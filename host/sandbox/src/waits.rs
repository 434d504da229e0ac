//! How long a turn waits.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::{Clock, limits};

use crate::budget::Exhausted;

/// What the turn of one instance has waited for, on the host's monotonic clock. Waiting is paid for in
/// advance, and only what the guest asked for: that its neighbours keep the processor busy is not its doing.
#[derive(Default)]
pub(crate) struct Waits {
    spent: Duration,
    /// The end of the waiting that is paid for.
    paid_until: Duration,
    /// The nearest end of a wait that the guest cannot go on without.
    nearest: Option<Duration>,
}

impl Waits {
    /// Forgets the turn before.
    pub(crate) fn begin_turn(&mut self) {
        *self = Self::default();
    }

    /// Notes that the guest waits for this time, or for something sooner.
    pub(crate) fn note(&mut self, until: Duration) {
        self.nearest = Some(self.nearest.map_or(until, |nearest| nearest.min(until)));
    }

    /// Forgets what was noted: the guest goes on, and waits for nothing.
    pub(crate) fn forget(&mut self) {
        self.nearest = None;
    }

    /// Pays for what was noted.
    fn pay(&mut self, now: Duration) -> Result<(), Exhausted> {
        let Some(until) = self.nearest.take() else { return Ok(()) };
        self.spent += until.saturating_sub(self.paid_until.max(now));
        self.paid_until = self.paid_until.max(until);
        if self.spent > Duration::from_millis(limits::TURN_WAIT_MS) { Err(Exhausted::Wait) } else { Ok(()) }
    }
}

/// Runs a call into a guest, and ends it when the guest wants to wait for longer than a turn may. Timers are
/// all that a guest can wait for, so a wait that is too long is known to be when it begins.
pub(crate) async fn bounded<T>(
    waits: &Mutex<Waits>,
    clock: &dyn Clock,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> wasmtime::Result<T> {
    let mut call = pin!(call);
    std::future::poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Ready(result) => Poll::Ready(result),
        Poll::Pending => match waits.lock().pay(clock.monotonic()) {
            Ok(()) => Poll::Pending,
            Err(exhausted) => Poll::Ready(Err(exhausted.into())),
        },
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Waits for these times in one poll, at this time.
    fn wait(waits: &mut Waits, now_ms: u64, until_ms: &[u64]) -> bool {
        until_ms.iter().for_each(|until| waits.note(at(*until)));
        waits.pay(at(now_ms)).is_ok()
    }

    #[test]
    fn the_nearest_of_several_counts() {
        let mut waits = Waits::default();
        assert!(wait(&mut waits, 0, &[60_000, 10]));
        assert_eq!(waits.spent, at(10));
    }

    #[test]
    fn one_wait_is_paid_for_once_and_only_as_long_as_it_was_to_be() {
        let mut waits = Waits::default();
        for now in [0, 3, 4_000] {
            assert!(wait(&mut waits, now, &[100]));
        }
        assert_eq!(waits.spent, at(100));
    }

    #[test]
    fn many_waits_add_up_within_a_turn() {
        let mut waits = Waits::default();
        let most = limits::TURN_WAIT_MS / 100;
        assert!((0..most).all(|n| wait(&mut waits, n * 100, &[(n + 1) * 100])));
        assert!(!wait(&mut waits, most * 100, &[most * 100 + 1]));
        waits.begin_turn();
        assert!(wait(&mut waits, most * 100, &[most * 100 + 1]));
    }
}
