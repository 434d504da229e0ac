//! What is undone that was done in a loop, a race and a join, because of a branch that fails.

use std::time::Duration;

use rivet_guest::{Ctx, Loop, Result, UserError, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, note, pause, see};

diary!(Undoings);

#[actor]
impl Undoings {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.rollback_checkpoint("checkpoint").await?;
        flow.iterate("legs", 0, async |flow, n| {
            undoable(flow, &format!("leg {n}")).await?;
            Ok(if n < 1 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        let race = flow.race(
            "race",
            [
                flow.branch("fast", async |flow| undoable(flow, "fast").await),
                flow.branch("slow", async |flow| flow.sleep("nap", Duration::from_secs(600)).await),
            ],
        );
        race.await?;
        let late = flow.try_step("late", async |step| step.sleep(Duration::from_secs(600)).await);
        let late = late
            .timeout(Duration::from_millis(60))
            .retry_on_timeout()
            .max_retries(1)
            .backoff(Duration::from_millis(10));
        see(flow, if late.await?.is_err() { "too late" } else { "in time" }).await?;
        let join = flow.join(
            "join",
            [
                flow.branch("bad", async |flow| {
                    undoable(flow, "bad").await?;
                    Err(UserError::new("no").into())
                }),
                flow.branch("good", async |_| Ok(())),
            ],
        );
        join.await?;
        see(flow, "never").await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}

async fn undoable(flow: &Workflow<Undoings>, what: &str) -> Result<()> {
    let done = flow.step(what, async |step| {
        pause(step).await?;
        note(step, what).await?;
        Ok(what.to_owned())
    });
    let done = done.rollback(async |step, undone: String| {
        pause(step).await?;
        note(step, &format!("undo {undone}")).await
    });
    done.await.map(drop)
}
