//! What is undone.

use rivet_guest::{CriticalError, Ctx, Result, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, note, pause, see};

diary!(Rollback);

#[actor]
impl Rollback {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        see(flow, "before").await?;
        flow.rollback_checkpoint("checkpoint").await?;
        for what in ["flight", "hotel"] {
            let booked = flow.step(what, async |step| {
                pause(step).await?;
                note(step, what).await?;
                Ok(what.to_owned())
            });
            booked
                .rollback(async |step, undone: String| {
                    pause(step).await?;
                    note(step, &format!("undo {undone}")).await
                })
                .await?;
        }
        let pay = flow.step("pay", async |step| {
            pause(step).await?;
            note(step, "pay").await?;
            Err::<(), _>(CriticalError::new("no money").into())
        });
        pay.await
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
