//! Joins and races.

use std::time::Duration;

use rivet_guest::{Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Branches {
    seen: Vec<Value>,
}

#[actor(queues("go"))]
impl Branches {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let (a, b, c) = flow
            .join(
                "both",
                (
                    flow.branch("a", async |flow| {
                        see(flow, "a1", json!("a1")).await?;
                        flow.sleep("nap", Duration::from_millis(400)).await?;
                        see(flow, "a2", json!("a2")).await?;
                        Ok(1)
                    }),
                    flow.branch("b", async |flow| {
                        see(flow, "b1", json!("b1")).await?;
                        flow.sleep("nap", Duration::from_millis(150)).await?;
                        see(flow, "b2", json!("b2")).await?;
                        Ok("two".to_owned())
                    }),
                    flow.branch("c", async |flow| {
                        flow.queue("go").names(["go"]).next().await?.body::<Value>()
                    }),
                ),
            )
            .await?;
        see(flow, "joined", json!([a, b, c])).await?;
        let failed = flow
            .try_block("half", async |flow| {
                flow.join(
                    "half",
                    [
                        flow.branch("bad", async |_| Err(UserError::new("no").into())),
                        flow.branch("good", async |flow| {
                            flow.sleep("nap", Duration::from_millis(150)).await?;
                            see(flow, "good", json!("good")).await
                        }),
                    ],
                )
                .await
            })
            .await?;
        see(flow, "failed", json!(failed.unwrap_err().error.to_string())).await?;
        let (winner, value) = flow
            .race(
                "fastest",
                [
                    flow.branch("slow", async |flow| {
                        flow.sleep("nap", Duration::from_secs(60)).await?;
                        see(flow, "never", json!("never")).await?;
                        Ok(1)
                    }),
                    flow.branch("fails", async |_| Err(UserError::new("no").into())),
                    flow.branch("fast", async |flow| {
                        flow.sleep("nap", Duration::from_millis(150)).await?;
                        Ok(2)
                    }),
                ],
            )
            .await?;
        see(flow, "raced", json!([winner, value])).await?;
        let lost =
            flow.race("lost", [flow.branch("only", async |_| Err::<(), _>(UserError::new("no").into()))]);
        see(flow, "all lost", json!(lost.await.unwrap_err().to_string())).await
    }

    pub fn look(&self) -> Value {
        json!({ "seen": self.seen })
    }
}

async fn see(flow: &Workflow<Branches>, name: &str, value: Value) -> Result<()> {
    flow.step(name, async |step| step.update(|branches| branches.seen.push(value.clone())).await).await
}
