//! Loops.

use rivet_guest::{Loop, Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Looper {
    runs: Vec<u32>,
    seen: Vec<Value>,
}

#[actor(queues("next"))]
impl Looper {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let sum = flow
            .iterate("sum", (0, 0), async |flow, (n, sum)| {
                flow.step("run", async |step| step.update(|looper| looper.runs.push(n)).await).await?;
                if n == 45 {
                    flow.queue("next").next().await?;
                }
                Ok(if n < 50 { Loop::Continue((n + 1, sum + n)) } else { Loop::Break(sum) })
            })
            .await?;
        see(flow, "summed", json!(sum)).await?;
        flow.iterate("stateless", (), async |flow, ()| {
            let runs = flow.step("count", async |step| {
                step.update(|looper| {
                    looper.runs.push(100);
                    looper.runs.len()
                })
                .await
            });
            Ok(if runs.await? < 60 { Loop::Continue(()) } else { Loop::Break(()) })
        })
        .history_prune_interval(2)
        .history_size(1)
        .await
    }

    pub fn look(&self) -> Value {
        json!({ "runs": self.runs, "seen": self.seen })
    }
}

async fn see(flow: &Workflow<Looper>, name: &str, value: Value) -> Result<()> {
    flow.step(name, async |step| step.update(|looper| looper.seen.push(value.clone())).await).await
}
