//! A ticker: work that an actor does by itself, in memory that outlives its sleep.

use std::cell::Cell;
use std::time::Duration;

use rivet_guest::{Ctx, Result, This, Wake, actor, export};
use serde::{Deserialize, Serialize};

/// Every so many ticks one is written down, for a cold start to go on from.
const WRITE_EVERY: u64 = 10;
const WRITTEN: &str = "ticks";

#[derive(Serialize, Deserialize)]
struct Ticker {
    interval_ms: u64,
    /// How often it was woken from sleep.
    wakes: u64,
    /// How often it was started cold, its first start included.
    cold_starts: u64,
    /// In memory alone: sleep does not touch it, a cold start goes back to the last that was written down.
    #[serde(skip)]
    ticks: Cell<u64>,
}

#[derive(Default, Deserialize)]
struct Input {
    interval_ms: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Status {
    ticks: u64,
    wakes: u64,
    cold_starts: u64,
}

#[actor(display_name = "Ticker", icon = "⏱️")]
impl Ticker {
    fn create_state(input: Option<Input>) -> Self {
        let interval_ms = input.unwrap_or_default().interval_ms.unwrap_or(1000).max(1);
        Self { interval_ms, wakes: 0, cold_starts: 0, ticks: Cell::new(0) }
    }

    fn on_wake(&mut self, ctx: &Ctx, wake: Wake) -> Result<()> {
        match wake {
            Wake::Snapshot => self.wakes += 1,
            Wake::Cold => {
                self.cold_starts += 1;
                self.ticks.set(ctx.kv().get_cbor(WRITTEN)?.unwrap_or(0));
            }
        }
        Ok(())
    }

    /// Goes on for ever: over sleep in the middle of a wait, from the start after a cold one.
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let interval = Duration::from_millis(this.read(|ticker| ticker.interval_ms).await?);
        loop {
            ctx.sleep(interval).await?;
            let ticks = this
                .read(|ticker| {
                    ticker.ticks.set(ticker.ticks.get() + 1);
                    ticker.ticks.get()
                })
                .await?;
            if ticks.is_multiple_of(WRITE_EVERY) {
                ctx.kv().put_cbor(WRITTEN, &ticks)?;
            }
        }
    }

    pub fn status(&self) -> Status {
        Status { ticks: self.ticks.get(), wakes: self.wakes, cold_starts: self.cold_starts }
    }
}

export!(Ticker);

#[cfg(test)]
mod tests;
