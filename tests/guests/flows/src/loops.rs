//! A loop that forgets its older iterations.

use rivet_guest::{Ctx, Loop, Result, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, see};

diary!(Loops);

#[actor]
impl Loops {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<u32> {
        flow.iterate("loop", 0, async |flow, sum: u32| {
            see(flow, &format!("sum {sum}")).await?;
            Ok(if sum < 5 { Loop::Continue(sum + 1) } else { Loop::Break(sum) })
        })
        .history_prune_interval(2)
        .await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
