//! Blocks that are to roll back.

use rivet_guest::testing::TestActor;
use rivet_guest::{FailureKind, FailureSource, Result, RollbackError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::survives;

#[derive(Default, Serialize, Deserialize)]
struct Undoes {
    seen: Vec<String>,
}

async fn give_up(flow: &Workflow<Undoes>) -> Result<()> {
    flow.step("give up", async |_| Err(RollbackError::new("undo it").into())).await
}

#[actor(name = "undoes")]
impl Undoes {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let step = flow.try_block("step", give_up).catch([FailureSource::Rollback]).await?.unwrap_err();
        assert_eq!((step.source, step.name.as_str()), (FailureSource::Rollback, "give up"));
        assert_eq!(step.step.unwrap().kind, FailureKind::Rollback);

        let thrown = async |_: &Workflow<Self>| -> Result<()> { Err(RollbackError::new("undo it").into()) };
        let block = flow.try_block("block", thrown).catch([FailureSource::Rollback]).await?.unwrap_err();
        assert_eq!((block.source, block.name.as_str()), (FailureSource::Rollback, "block"));

        let _not_caught = flow.try_block("not caught", give_up).await?;
        flow.step("never", async |step| step.update(|undoes| undoes.seen.push("never".to_owned())).await)
            .await
    }
}

#[test]
fn a_block_catches_a_rollback_error_only_if_it_is_asked_to() {
    let left = survives(|| TestActor::<Undoes>::create().unwrap());
    assert_eq!(
        (left.error.as_deref(), &left.saved["seen"]),
        (Some("workflow.rollback: undo it"), &json!([]))
    );
}
