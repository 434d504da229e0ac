//! Keeps itself awake, or makes its sleep wait.

use std::time::Duration;

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

use crate::log;

#[derive(Default, Serialize, Deserialize)]
pub struct Busy {
    done: u64,
}

#[actor(sleep_timeout_ms = 200, sleep_grace_period_ms = 2_000)]
impl Busy {
    /// Does something for so long that must not be interrupted, beside this call.
    pub fn keep_awake(&self, ctx: &Ctx, ms: u64) {
        let inner = ctx.clone();
        ctx.spawn(async move {
            let work = inner.sleep(Duration::from_millis(ms));
            let _done = inner.keep_awake(work).await;
            log::note("kept awake");
        });
    }

    /// Does something for so long that is waited for once it is to sleep.
    pub fn wait_until(&self, ctx: &Ctx, ms: u64) -> Result<()> {
        let inner = ctx.clone();
        ctx.wait_until(async move {
            let _slept = inner.sleep(Duration::from_millis(ms)).await;
            log::note("waited until");
        })
    }

    /// Answers only after so long.
    pub async fn dawdle(&self, ctx: &Ctx, ms: u64) -> Result<String> {
        ctx.sleep(Duration::from_millis(ms)).await?;
        Ok("at last".to_owned())
    }

    pub fn done(&mut self) -> u64 {
        self.done += 1;
        self.done
    }

    pub fn log(&self) -> Vec<String> {
        log::lines()
    }
}
