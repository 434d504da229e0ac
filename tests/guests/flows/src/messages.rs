//! Messages: one, many, those that are to be completed, and none.

use std::time::Duration;

use rivet_guest::{Ctx, Loop, Result, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, note, pause, see};

diary!(Messages);

#[actor]
impl Messages {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("send", async |step| {
            pause(step).await?;
            for (name, body) in [("one", 1), ("many", 2), ("many", 3), ("job", 4), ("job", 5)] {
                step.queue().send(name, &body)?;
            }
            note(step, "sent").await
        })
        .await?;
        let one: u32 = flow.queue("one").names(["one"]).next().await?.body()?;
        see(flow, &format!("one {one}")).await?;
        let many = flow.queue("many").names(["many"]).next_batch(5).await?;
        see(flow, &format!("many {}", many.len())).await?;
        flow.iterate("jobs", 0, async |flow, n: u32| {
            let job = flow.queue("job").names(["job"]).completable().next().await?;
            let body: u32 = job.body()?;
            see(flow, &format!("job {body}")).await?;
            job.complete()?;
            Ok(if n < 1 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        let late = flow.queue("none").names(["one"]).timeout(Duration::from_millis(120)).next().await;
        see(flow, if late.is_err() { "late" } else { "not late" }).await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
