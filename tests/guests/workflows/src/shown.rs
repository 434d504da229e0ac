//! What was run in Rivet, where the history that the tests compare with was taken.

use std::time::Duration;

use rivet_guest::{Loop, Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Default, Serialize, Deserialize)]
pub struct Shown;

#[actor(queues("go"))]
impl Shown {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("s1", async |_| Ok(json!({ "v": 1 }))).await?;
        let bad = flow.try_step("bad", async |_| Err::<(), _>(UserError::new("nope").into()));
        let _failed = bad.max_retries(1).await?;
        flow.sleep("nap", Duration::from_millis(300)).await?;
        flow.join(
            "j",
            [
                flow.branch("a", async |flow| flow.step("ja", async |_| Ok(1)).await),
                flow.branch("b", async |flow| flow.step("jb", async |_| Ok(2)).await),
            ],
        )
        .await?;
        flow.race(
            "r",
            [
                flow.branch("fast", async |flow| flow.step("f", async |_| Ok("F".to_owned())).await),
                flow.branch("slow", async |flow| {
                    flow.sleep("z", Duration::from_secs(60)).await?;
                    Ok("S".to_owned())
                }),
            ],
        )
        .await?;
        flow.iterate("lp", 0, async |flow, n| {
            let message = flow.queue("m").names(["go"]).completable().next().await?;
            message.complete()?;
            Ok(if n < 1 { Loop::Continue(n + 1) } else { Loop::Break(n) })
        })
        .await?;
        flow.step("fin", async |_| Ok(())).await
    }
}
