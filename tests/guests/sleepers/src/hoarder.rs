//! Has the actor for itself and does not return.

use std::cell::Cell;
use std::time::Duration;

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Hoarder {
    woken: u64,
    #[serde(skip)]
    calls: Cell<u64>,
}

#[actor(sleep_grace_period_ms = 300)]
impl Hoarder {
    fn on_wake(&mut self) {
        self.woken += 1;
    }

    pub async fn hoard(&mut self, ctx: &Ctx) -> Result<()> {
        ctx.sleep(Duration::from_secs(3_600)).await
    }

    pub fn calls(&self) -> u64 {
        self.calls.set(self.calls.get() + 1);
        self.calls.get()
    }

    /// How often it was started.
    pub fn woken(&self) -> u64 {
        self.woken
    }
}
