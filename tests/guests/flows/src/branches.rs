//! Branches beside each other.

use std::time::Duration;

use rivet_guest::{Ctx, Result, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, see};

diary!(Joins);
diary!(Races);

#[actor]
impl Joins {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<Vec<u32>> {
        let both = flow.join(
            "both",
            [
                flow.branch("a", async |flow| {
                    see(flow, "a 1").await?;
                    see(flow, "a 2").await?;
                    Ok(1)
                }),
                flow.branch("b", async |flow| {
                    flow.sleep("nap", Duration::from_millis(150)).await?;
                    see(flow, "b").await?;
                    Ok(2)
                }),
            ],
        );
        both.await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}

#[actor]
impl Races {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let race = flow.race(
            "race",
            [
                flow.branch("slow", async |flow| {
                    see(flow, "slow").await?;
                    flow.sleep("nap", Duration::from_secs(600)).await?;
                    see(flow, "never").await?;
                    Ok(1)
                }),
                flow.branch("fast", async |flow| {
                    flow.sleep("nap", Duration::from_millis(150)).await?;
                    see(flow, "fast").await?;
                    Ok(2)
                }),
            ],
        );
        let (winner, output) = race.await?;
        see(flow, &format!("{winner} {output}")).await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
