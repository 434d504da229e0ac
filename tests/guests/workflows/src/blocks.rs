//! Blocks that fail.

use rivet_guest::{CriticalError, FailureSource, Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
pub struct Blocks {
    seen: Vec<Value>,
}

#[actor]
impl Blocks {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let fine = flow.try_block("fine", async |flow| flow.step("inner", async |_| Ok(5)).await).await?;
        see(flow, "fine seen", json!(fine.unwrap_or(0))).await?;
        for what in ["step", "join", "race"] {
            let failed = flow
                .try_block(what, async |flow| match what {
                    "step" => flow.step("bad", async |_| Err::<(), _>(CriticalError::new("no").into())).await,
                    "join" => flow.join("bad", [bad(flow, "a"), bad(flow, "b")]).await.map(drop),
                    _ => flow.race("bad", [bad(flow, "a"), bad(flow, "b")]).await.map(drop),
                })
                .await?;
            let failure = failed.unwrap_err();
            let step = failure.step.map(|step| json!([step.kind, step.attempts]));
            see(flow, &format!("{what} seen"), json!([failure.source, failure.name, step])).await?;
        }
        let own = flow
            .try_block("own", async |_| Err::<(), _>(UserError::new("by itself").into()))
            .catch([FailureSource::Block])
            .await?;
        let failure = own.unwrap_err();
        see(flow, "own seen", json!([failure.source, failure.name, failure.error.message()])).await?;
        let _not_caught = flow.try_block("out", async |_| Err::<(), _>(UserError::new("out").into())).await?;
        see(flow, "never", json!("never")).await
    }

    pub fn look(&self) -> Value {
        json!({ "seen": self.seen })
    }
}

fn bad<'a>(flow: &Workflow<Blocks>, name: &str) -> rivet_guest::Branch<'a, Blocks, ()> {
    flow.branch(name, async |_| Err(UserError::new("a branch").into()))
}

async fn see(flow: &Workflow<Blocks>, name: &str, value: Value) -> Result<()> {
    flow.step(name, async |step| step.update(|blocks| blocks.seen.push(value.clone())).await).await
}
