//! `wasi:clocks`, on the host's clock.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::Clock;
use tokio::time::Sleep;
use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::{self, Duration as Nanos, Instant};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{self, Datetime};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use crate::guest::Guest;
use crate::snapshot::HandleKind;
use crate::waits::Waits;

impl wall_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        let now_ms = self.clock.now_ms();
        Ok(Datetime { seconds: now_ms / 1000, nanoseconds: (now_ms % 1000) as u32 * 1_000_000 })
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime { seconds: 0, nanoseconds: 1_000_000 })
    }
}

impl monotonic_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<Instant> {
        Ok(self.monotonic().as_nanos() as Instant)
    }

    fn resolution(&mut self) -> wasmtime::Result<Nanos> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: Instant) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.monotonic().as_nanos() as Instant;
        self.subscribe_duration(when.saturating_sub(now))
    }

    fn subscribe_duration(&mut self, nanos: Nanos) -> wasmtime::Result<Resource<DynPollable>> {
        let (waits, clock) = (self.waits.clone(), self.clock.clone());
        let wait = Wait { after: Duration::from_nanos(nanos), running: None, waits, clock };
        let wait = self.table.push(wait)?;
        let alarm = subscribe(&mut self.table, wait)?;
        self.handles.give(HandleKind::Alarm, alarm.rep());
        Ok(alarm)
    }
}

/// A wait that starts when the guest first asks for it, and the only pollable that ever waits. A turn that
/// blocks for long traps, so this is for the toolchains that ask for a moment, not for actors that want to
/// wait.
struct Wait {
    after: Duration,
    /// Once it has started: when it ends, on the host's monotonic clock. It goes on while nobody polls it.
    running: Option<(Duration, Pin<Box<Sleep>>)>,
    waits: Arc<Mutex<Waits>>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {
        let Self { after, running, waits, clock } = self;
        let start = || (clock.monotonic().saturating_add(*after), Box::pin(tokio::time::sleep(*after)));
        let (until, sleep) = running.get_or_insert_with(start);
        let _noted = Noted(waits);
        std::future::poll_fn(|context| {
            let polled = sleep.as_mut().poll(context);
            if polled.is_pending() {
                waits.lock().note(*until);
            }
            polled
        })
        .await;
    }
}

/// What a wait has noted is true only while the guest blocks on it: not when it only looked, or something
/// else was ready first.
struct Noted<'a>(&'a Mutex<Waits>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.lock().forget();
    }
}

#[cfg(test)]
mod tests {
    use rivet_ground::{SystemClock, limits};
    use wasmtime::component::ResourceTable;
    use wasmtime_wasi_io::bindings::wasi::io::poll::{Host as _, HostPollable as _};

    use super::*;
    use crate::budget::Exhausted;
    use crate::waits::bounded;

    struct Waiter {
        table: ResourceTable,
        waits: Arc<Mutex<Waits>>,
        clock: Arc<dyn Clock>,
    }

    impl Waiter {
        fn new() -> Self {
            Self { table: ResourceTable::new(), waits: Arc::default(), clock: Arc::new(SystemClock::new()) }
        }

        fn subscribe(&mut self, after_ms: u64) -> Resource<DynPollable> {
            let after = Duration::from_millis(after_ms);
            let (waits, clock) = (self.waits.clone(), self.clock.clone());
            let wait = self.table.push(Wait { after, running: None, waits, clock }).unwrap();
            subscribe(&mut self.table, wait).unwrap()
        }

        async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
            bounded(&self.waits, self.clock.as_ref(), self.table.poll(pollables)).await
        }
    }

    #[tokio::test]
    async fn a_wait_that_is_too_long_ends_the_turn() {
        let mut waiter = Waiter::new();
        let long = waiter.subscribe(limits::TURN_WAIT_MS + 1_000);
        let error = waiter.poll(vec![long]).await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(Exhausted::Wait)), "{error:#}");
    }

    #[tokio::test]
    async fn a_long_wait_beside_a_short_one_does_not() {
        let mut waiter = Waiter::new();
        let (long, short) = (waiter.subscribe(3_600_000), waiter.subscribe(1));
        assert_eq!(waiter.poll(vec![long, short]).await.unwrap(), [1]);
    }

    #[tokio::test]
    async fn to_look_whether_it_is_over_does_not_end_it() {
        let mut waiter = Waiter::new();
        let wait = waiter.subscribe(3_600_000);
        for _ in 0..3 {
            assert!(!waiter.table.ready(Resource::new_borrow(wait.rep())).await.unwrap());
        }
        // Nor is it held against a turn that then yields.
        let yields = async {
            tokio::task::yield_now().await;
            Ok(())
        };
        bounded(&waiter.waits, waiter.clock.as_ref(), yields).await.unwrap();
    }
}
