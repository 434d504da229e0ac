//! Messages.

use std::time::Duration;

use rivet_guest::{Loop, Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Desk {
    seen: Vec<Value>,
}

#[actor(queues("approve", "deny", "job", "other"))]
impl Desk {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let message = flow.queue("approval").names(["approve", "deny"]).next().await?;
        see(flow, "approved", json!([message.name(), message.body::<Value>()?])).await?;
        let batch = flow.queue("batch").names(["other"]).next_batch(2).await?;
        let bodies: Result<Vec<Value>> = batch.iter().map(|message| message.body()).collect();
        see(flow, "others", json!(bodies?)).await?;
        let timeout = Duration::from_millis(200);
        let none = flow.queue("none").names(["deny"]).timeout(timeout).next_batch(3).await?;
        see(flow, "none came", json!(none.len())).await?;
        let late = flow.queue("late").names(["deny"]).timeout(timeout).next().await.unwrap_err();
        see(flow, "late came", json!([late.group(), late.code()])).await?;
        flow.iterate("jobs", (), async |flow, ()| {
            let job = flow.queue("job").names(["job"]).completable().next().await?;
            let body: Value = job.body()?;
            let again = flow.queue("again").next().await.unwrap_err();
            see(flow, "job came", json!([body, again.code()])).await?;
            flow.sleep("work", Duration::from_millis(200)).await?;
            job.complete_with(&json!({ "done": body }))?;
            Ok(if body == json!("last") { Loop::Break(()) } else { Loop::Continue(()) })
        })
        .await
    }

    pub fn look(&self) -> Value {
        json!({ "seen": self.seen })
    }
}

async fn see(flow: &Workflow<Desk>, name: &str, value: Value) -> Result<()> {
    flow.step(name, async |step| step.update(|desk| desk.seen.push(value.clone())).await).await
}
