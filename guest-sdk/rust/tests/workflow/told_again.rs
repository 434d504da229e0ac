//! What a failure says, where it happened and where it is read from the history.

use rivet_guest::testing::TestActor;
use rivet_guest::{Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::survives;

#[derive(Default, Serialize, Deserialize)]
struct Told {
    seen: Vec<Value>,
}

/// Longer than what is kept of it, with no character that ends where it is cut.
fn lengthy() -> UserError {
    UserError::new("\u{20ac}".repeat(2_000)).with_code("busy").with_metadata(json!({"after": 5}))
}

async fn see(flow: &Workflow<Told>, name: &str, value: Value) -> Result<()> {
    flow.step(name, async |step| step.update(|told| told.seen.push(value.clone())).await).await
}

#[actor(name = "told")]
impl Told {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let fail = async |flow: &Workflow<Self>| -> Result<()> {
            flow.step("charge", async |_| Err(lengthy().into())).max_retries(0).await
        };
        let tried = flow.try_step("try", async |_| Err::<(), _>(lengthy().into())).max_retries(0).await?;
        let error = tried.unwrap_err().error;
        let is_there = error.metadata().is_some();
        see(flow, "step", json!([error.code(), error.message().len(), is_there])).await?;

        let block = flow.try_block("block", fail).await?.unwrap_err();
        see(flow, "caught", json!([block.error.message(), block.step.unwrap().error.message()])).await?;

        let join = async |flow: &Workflow<Self>| -> Result<Vec<()>> {
            let thrown = flow.branch("thrown", async |_| Err(lengthy().into()));
            flow.join("join", [flow.branch("step", fail), thrown]).await
        };
        let join = flow.try_block("in a join", join).await?.unwrap_err();
        see(flow, "joined", json!(join.error.message())).await?;

        let race = async |flow: &Workflow<Self>| flow.race("race", [flow.branch("only", fail)]).await;
        let race = flow.try_block("in a race", race).await?.unwrap_err();
        see(flow, "raced", json!(race.error.message())).await
    }
}

#[test]
fn a_failure_says_the_same_wherever_the_actor_starts_anew() {
    let left = survives(|| TestActor::<Told>::create().unwrap());
    assert_eq!((left.state.as_str(), &left.saved["seen"][0]), ("completed", &json!(["busy", 4_094, false])));
    assert_eq!(left.saved["seen"].as_array().unwrap().len(), 4);
}
