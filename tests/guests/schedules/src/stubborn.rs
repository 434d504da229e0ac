//! Starts once, and then no more until it is given up to.

use std::time::Duration;

use rivet_guest::{Ctx, Result, UserError, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Stubborn {
    fired: u64,
}

#[actor(snapshot = "none")]
impl Stubborn {
    fn on_wake(&mut self, ctx: &Ctx) -> Result<()> {
        // A start that fails leaves nothing: it is the clock that changes.
        let until_ms: u64 = ctx.kv().get_cbor("until")?.unwrap_or(0);
        if ctx.now_ms() < until_ms {
            ctx.log().info("will not start");
            return Err(UserError::new("Not now.").with_code("not_now").into());
        }
        Ok(())
    }

    /// Refuses to start for so long, and has something to do meanwhile.
    pub fn refuse(&self, ctx: &Ctx, ms: u64, after_ms: u64) -> Result<()> {
        ctx.kv().put_cbor("until", &(ctx.now_ms() + ms))?;
        ctx.schedule().after(Duration::from_millis(after_ms), "fire", &())?;
        ctx.request_sleep()
    }

    pub fn fire(&mut self) {
        self.fired += 1;
    }

    pub fn fired(&self) -> u64 {
        self.fired
    }
}
