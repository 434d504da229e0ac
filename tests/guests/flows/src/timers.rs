//! Sleep: too short to sleep for, long enough, and longer.

use std::time::Duration;

use rivet_guest::{Ctx, Result, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, see};

diary!(Naps);
diary!(Timers);

#[actor(sleep_timeout_ms = 100)]
impl Timers {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        see(flow, "first").await?;
        flow.sleep("short", Duration::from_millis(20)).await?;
        flow.sleep("long", Duration::from_millis(400)).await?;
        see(flow, "second").await?;
        flow.sleep_until("past", 1).await?;
        see(flow, "last").await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}

#[actor(sleep_timeout_ms = 100)]
impl Naps {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<String> {
        see(flow, "before").await?;
        flow.sleep("nap", Duration::from_secs(3)).await?;
        see(flow, "after").await?;
        Ok("rested".to_owned())
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
