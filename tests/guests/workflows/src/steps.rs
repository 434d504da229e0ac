//! Steps that fail as they are told to.

use std::time::Duration;

use rivet_guest::{
    CriticalError, Ctx, FailureKind, Result, RollbackError, Step, UserError, Workflow, WorkflowEvent, actor,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How a step fails, and how often.
#[derive(Clone, Serialize, Deserialize)]
pub struct How {
    kind: String,
    times: usize,
    /// Whether the step is tried.
    tries: bool,
    /// What of it is caught; all that are by themselves unless given.
    catch: Option<Vec<FailureKind>>,
    max_retries: Option<u32>,
}

#[derive(Serialize, Deserialize)]
pub struct Steps {
    how: How,
    /// When the step ran.
    runs: Vec<u64>,
    /// The ids of the step.
    ids: Vec<String>,
    seen: Vec<Value>,
    events: Vec<Value>,
}

#[actor]
impl Steps {
    fn create_state(how: How) -> Self {
        Self { how, runs: vec![], ids: vec![], seen: vec![], events: vec![] }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<String> {
        let how = flow.step("how", async |step| step.read(|steps| steps.how.clone()).await).await?;
        let run = async |step: &Step<Self>| run(step, &how).await;
        let outcome = if how.tries {
            let mut call = flow
                .try_step("work", run)
                .max_retries(how.max_retries.unwrap_or(3))
                .timeout(Duration::from_millis(150));
            if let Some(kinds) = &how.catch {
                call = call.catch(kinds.clone());
            }
            match call.await? {
                Ok(value) => json!({ "ok": true, "value": value }),
                Err(failure) => json!({ "ok": false, "failure": {
                    "kind": failure.kind, "step": failure.step, "attempts": failure.attempts,
                    "error": failure.error.message(),
                }}),
            }
        } else {
            let call = flow.step("work", run).max_retries(how.max_retries.unwrap_or(3));
            json!(call.timeout(Duration::from_millis(150)).await?)
        };
        flow.step("saw", async |step| step.update(|steps| steps.seen.push(outcome.clone())).await).await?;
        Ok("done".to_owned())
    }

    fn on_workflow_error(&mut self, ctx: &Ctx, error: &WorkflowEvent) -> Result<()> {
        self.events.push(serde_json::to_value(error)?);
        ctx.broadcast_named("wrong", &(error,))?;
        ctx.queue().send("wrong", error).map(drop)
    }

    pub fn look(&self, ctx: &Ctx) -> Value {
        json!({
            "runs": self.runs, "ids": self.ids, "seen": self.seen, "events": self.events, "id": ctx.actor_id(),
        })
    }
}

async fn run(step: &Step<Steps>, how: &How) -> Result<Value> {
    let (now_ms, id) = (step.now_ms(), step.id().to_owned());
    let run = step
        .update(|steps| {
            steps.runs.push(now_ms);
            steps.ids.push(id);
            steps.runs.len()
        })
        .await?;
    if run > how.times {
        return Ok(json!(42));
    }
    match how.kind.as_str() {
        "critical" => Err(CriticalError::new("it is broken").into()),
        "rollback" => Err(RollbackError::new("undo it").into()),
        "timeout" => step.sleep(Duration::from_secs(60)).await.map(|()| json!(42)),
        "large" => Ok(json!("x".repeat(300_000))),
        "destroy" => step.destroy().map(|()| json!(42)),
        "panic" => panic!("as it was told"),
        _ => Err(UserError::new("not now").with_code("busy").into()),
    }
}
