//! Steps, and one that is tried again.

use std::time::Duration;

use rivet_guest::{Ctx, Result, Step, UserError, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, note, pause, see};

diary!(Steps);

#[actor]
impl Steps {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<String> {
        see(flow, "first").await?;
        flow.step("flaky", async |step| flaky(step).await).backoff(Duration::from_millis(10)).await?;
        see(flow, "last").await?;
        Ok("done".to_owned())
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}

/// Fails twice. What it did before it failed stays.
async fn flaky(step: &Step<Steps>) -> Result<()> {
    pause(step).await?;
    note(step, "flaky").await?;
    let times = step.read(|actor| actor.seen.iter().filter(|what| *what == "flaky").count()).await?;
    if times < 3 { Err(UserError::new("not yet").into()) } else { Ok(()) }
}
