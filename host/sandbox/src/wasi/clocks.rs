//! `wasi:clocks`, on the host's clock.

use std::time::Duration;

use wasmtime::component::Resource;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::{self, Duration as Nanos, Instant};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{self, Datetime};
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use crate::guest::Guest;

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
        Ok(self.clock.monotonic().as_nanos() as Instant)
    }

    fn resolution(&mut self) -> wasmtime::Result<Nanos> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: Instant) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.clock.monotonic().as_nanos() as Instant;
        self.subscribe_duration(when.saturating_sub(now))
    }

    fn subscribe_duration(&mut self, nanos: Nanos) -> wasmtime::Result<Resource<DynPollable>> {
        let wait = self.table.push(Wait { left: Some(Duration::from_nanos(nanos)) })?;
        subscribe(&mut self.table, wait)
    }
}

/// A wait that starts when the guest first blocks on it. A turn that blocks for long traps, so this
/// is for the toolchains that ask for a moment, not for actors that want to wait.
struct Wait {
    left: Option<Duration>,
}

#[async_trait]
impl Pollable for Wait {
    async fn ready(&mut self) {
        if let Some(left) = self.left.take() {
            tokio::time::sleep(left).await;
        }
    }
}
