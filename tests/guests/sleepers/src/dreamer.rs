//! Takes its time to fall asleep: longer than it is given, if it is told so.

use std::cell::Cell;
use std::time::Duration;

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

use crate::log;

#[derive(Default, Serialize, Deserialize)]
pub struct Dreamer {
    #[serde(skip)]
    takes_ms: Cell<u64>,
    slept: u64,
}

#[actor(sleep_grace_period_ms = 1_000)]
impl Dreamer {
    async fn on_sleep(&mut self, ctx: &Ctx) -> Result<()> {
        log::note("on_sleep begins");
        ctx.log().info("on_sleep begins");
        ctx.sleep(Duration::from_millis(self.takes_ms.get())).await?;
        self.slept += 1;
        log::note("on_sleep ends");
        Ok(())
    }

    pub fn take(&self, ms: u64) {
        self.takes_ms.set(ms);
    }

    /// How often its falling asleep came to its end.
    pub fn slept(&self) -> u64 {
        self.slept
    }

    pub fn log(&self) -> Vec<String> {
        log::lines()
    }
}
