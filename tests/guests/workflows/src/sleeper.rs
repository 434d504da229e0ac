//! Sleeps.

use std::time::Duration;

use rivet_guest::{Ctx, Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Sleeper {
    nap_ms: u64,
    /// When each step ran.
    at_ms: Vec<u64>,
}

#[actor(sleep_timeout_ms = 100)]
impl Sleeper {
    fn create_state(nap_ms: u64) -> Self {
        Self { nap_ms, at_ms: vec![] }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let nap_ms = flow.step("how long", async |step| step.read(|sleeper| sleeper.nap_ms).await).await?;
        let began_ms = stamp(flow, "began").await?;
        flow.sleep("nap", Duration::from_millis(nap_ms)).await?;
        stamp(flow, "rested").await?;
        flow.sleep_until("until", began_ms + 2 * nap_ms).await?;
        stamp(flow, "awake").await?;
        flow.sleep_until("past", began_ms).await?;
        stamp(flow, "at once").await.map(drop)
    }

    pub fn look(&self, ctx: &Ctx) -> Value {
        json!({ "atMs": self.at_ms, "generation": ctx.generation() })
    }
}

async fn stamp(flow: &Workflow<Sleeper>, name: &str) -> Result<u64> {
    flow.step(name, async |step| {
        let now_ms = step.now_ms();
        step.update(|sleeper| sleeper.at_ms.push(now_ms)).await?;
        Ok(now_ms)
    })
    .await
}
