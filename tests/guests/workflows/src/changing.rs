//! The first version of a workflow that changes; the next one is in `workflows-next`.

use std::time::Duration;

use rivet_guest::{Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Changing {
    seen: Vec<String>,
}

#[actor(queues("go"))]
impl Changing {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("old", async |step| step.update(|changing| changing.seen.push("old".to_owned())).await)
            .await?;
        flow.queue("gone").timeout(Duration::from_millis(1)).next_batch(1).await?;
        flow.queue("go").next().await?;
        flow.step("first", async |step| step.update(|changing| changing.seen.push("first".to_owned())).await)
            .await
    }

    pub fn crash(&self) {
        panic!("so that it starts anew");
    }

    pub fn look(&self) -> Value {
        json!({ "seen": self.seen })
    }
}
