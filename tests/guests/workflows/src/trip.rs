//! What is rolled back.

use std::time::Duration;

use rivet_guest::{CriticalError, Ctx, Result, UserError, Workflow, WorkflowEvent, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Trip {
    how: String,
    seen: Vec<String>,
    events: Vec<Value>,
}

#[actor]
impl Trip {
    fn create_state(how: String) -> Self {
        Self { how, ..Self::default() }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let how = flow.step("how", async |step| step.read(|trip| trip.how.clone()).await).await?;
        if how != "careless" {
            flow.rollback_checkpoint("undo").await?;
        }
        book(flow, "flight").await?;
        flow.join(
            "stay",
            [
                flow.branch("hotel", async |flow| {
                    flow.sleep("a moment", Duration::from_millis(20)).await?;
                    book(flow, "hotel").await
                }),
                flow.branch("car", async |flow| book(flow, "car").await),
            ],
        )
        .await?;
        flow.step("pay", async |_| -> Result<()> { Err(CriticalError::new("no money").into()) }).await
    }

    fn on_workflow_error(&mut self, error: &WorkflowEvent) -> Result<()> {
        self.events.push(serde_json::to_value(error)?);
        Ok(())
    }

    pub fn repair(&mut self) {
        self.how.clear();
    }

    pub fn look(&self, ctx: &Ctx) -> Value {
        json!({ "seen": self.seen, "events": self.events, "generation": ctx.generation() })
    }
}

async fn book(flow: &Workflow<Trip>, what: &str) -> Result<()> {
    flow.step(what, async |step| {
        step.update(|trip| trip.seen.push(what.to_owned())).await?;
        Ok(what.to_owned())
    })
    .rollback(async |step, booked: String| {
        let is_broken = step.read(|trip| trip.how == booked).await?;
        step.update(|trip| trip.seen.push(format!("undo {booked}"))).await?;
        if is_broken { Err(UserError::new("the handler is broken").into()) } else { Ok(()) }
    })
    .await
    .map(drop)
}
