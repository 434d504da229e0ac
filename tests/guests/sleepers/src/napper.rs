//! Wants to be awake in three seconds, and sleeps until then.

use std::time::Duration;

use rivet_guest::{Ctx, Result, This, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Napper {
    runs: u64,
    until_ms: Option<u64>,
    done_ms: Option<u64>,
}

#[actor(sleep_timeout_ms = 200)]
impl Napper {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let begun_ms = ctx.now_ms();
        let begin = |napper: &mut Self| {
            napper.runs += u64::from(napper.done_ms.is_none());
            *napper.until_ms.get_or_insert(begun_ms + 3_000)
        };
        let until_ms = this.update(begin).await?;
        ctx.wake_at(Some(until_ms))?;
        ctx.sleep(Duration::from_millis(until_ms.saturating_sub(begun_ms))).await?;
        let now_ms = ctx.now_ms();
        this.update(|napper| napper.done_ms = napper.done_ms.or(Some(now_ms))).await?;
        ctx.wake_at(None)
    }

    /// When its nap was to end, when it did, and how often its own work began until then.
    pub fn status(&self) -> (Option<u64>, Option<u64>, u64) {
        (self.until_ms, self.done_ms, self.runs)
    }
}
