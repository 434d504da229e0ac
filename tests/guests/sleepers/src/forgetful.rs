//! Has no use for its memory once it sleeps; what it does by itself it begins anew.

use std::cell::Cell;

use rivet_guest::{Ctx, This, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Forgetful {
    runs: u64,
    #[serde(skip)]
    calls: Cell<u64>,
}

#[actor(sleep_timeout_ms = 200, snapshot = "none")]
impl Forgetful {
    async fn run(ctx: &Ctx, this: This<Self>) {
        let _begun = this.update(|actor| actor.runs += 1).await;
        ctx.aborted().await;
    }

    /// How often its own work began, and how many calls of this there were since the last start.
    pub fn calls(&self) -> (u64, u64) {
        self.calls.set(self.calls.get() + 1);
        (self.runs, self.calls.get())
    }
}
