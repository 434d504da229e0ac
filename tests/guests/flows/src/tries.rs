//! Failures that a workflow deals with.

use std::time::Duration;

use rivet_guest::{CriticalError, Ctx, Result, UserError, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, note, pause, see};

diary!(Tries);

#[actor]
impl Tries {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let bad = async |step: &rivet_guest::Step<Self>| -> Result<()> {
            pause(step).await?;
            note(step, "bad").await?;
            Err(UserError::new("no").into())
        };
        let failed = flow.try_step("bad", bad).max_retries(1).backoff(Duration::from_millis(10)).await?;
        see(flow, if failed.is_err() { "exhausted" } else { "not exhausted" }).await?;
        let block = flow.try_block("block", async |flow| {
            see(flow, "inside").await?;
            flow.step("critical", async |_| Err::<(), _>(CriticalError::new("no").into())).await
        });
        let failed = block.await?;
        see(flow, if failed.is_err() { "caught" } else { "not caught" }).await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
