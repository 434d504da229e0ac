//! Code that changes under a workflow that is on its way.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{EntryKind, Loop, Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{paths, run_out, survives};

#[derive(Default, Serialize, Deserialize)]
struct V1 {
    seen: Vec<String>,
}

#[actor(name = "changing")]
impl V1 {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("old", async |step| step.update(|v1| v1.seen.push("old".to_owned())).await).await?;
        flow.queue("message").timeout(Duration::from_millis(1)).next_batch(1).await?;
        flow.iterate("loop", 0, async |flow, n| {
            flow.step("inner", async |_| Ok(())).await?;
            Ok(if n < 1 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        flow.sleep("long", Duration::from_secs(60)).await
    }
}

fn old() -> TestActor<V1> {
    let mut old = TestActor::<V1>::create().unwrap();
    old.advance(Duration::from_secs(1));
    old
}

#[derive(Default, Serialize, Deserialize)]
struct V2 {
    seen: Vec<String>,
}

#[actor(name = "changing")]
impl V2 {
    async fn workflow(flow: &Workflow<Self>) -> Result<u32> {
        let version = flow.version("v", 2).await?;
        flow.removed("old", EntryKind::Step).await?;
        flow.removed("message", EntryKind::Message).await?;
        flow.removed("loop", EntryKind::Loop).await?;
        flow.removed("never", EntryKind::Join).await?;
        flow.sleep("long", Duration::from_secs(60)).await?;
        let seen = format!("version {version}");
        flow.step("new", async |step| step.update(|v2| v2.seen.push(seen.clone())).await).await?;
        Ok(version)
    }
}

#[test]
fn what_is_removed_is_passed_by_and_the_version_is_the_old_one() {
    let mut new = old().upgrade::<V2>().unwrap();
    let left = run_out(&mut new);
    assert_eq!((left.state.as_str(), &left.output), ("completed", &json!(1)));
    assert_eq!(left.saved["seen"], json!(["old", "version 1"]));

    let left = survives(|| old().upgrade::<V2>().unwrap());
    assert_eq!(left.output, json!(1));
}

#[test]
fn a_new_workflow_has_the_latest_version() {
    let left = survives(|| TestActor::<V2>::create().unwrap());
    assert_eq!(left.output, json!(2));
    assert_eq!(paths(&left), ["long", "loop", "message", "never", "new", "old", "v"]);
}

macro_rules! changed {
    ($(#[$attribute:meta])* $name:ident, $flow:ident => $body:expr) => {
        #[derive(Default, Serialize, Deserialize)]
        struct $name {
            seen: Vec<String>,
        }

        #[actor(name = "changing")]
        impl $name {
            async fn workflow($flow: &Workflow<Self>) -> Result<()> {
                $body
            }
        }
    };
}

changed!(Forgets, flow => flow.sleep("long", Duration::from_secs(60)).await);
changed!(OtherKind, flow => flow.sleep("old", Duration::from_secs(60)).await);
changed!(WronglyRemoved, flow => flow.removed("old", EntryKind::Join).await);
changed!(OtherOutput, flow => flow.step("old", async |_| Ok(5_u32)).await.map(drop));
changed!(Twice, flow => {
    flow.step("once", async |_| Ok(())).await?;
    flow.step("once", async |_| Ok(())).await
});
changed!(TwiceInAJoin, flow => {
    let branches = ["a", "a"].map(|name| flow.branch(name, async |_| Ok(())));
    flow.join("join", branches).await.map(drop)
});
changed!(Inside, flow => {
    flow.iterate("loop", (), async |_, ()| {
        flow.step("outer", async |_| Ok(())).await?;
        Ok(Loop::Break(()))
    })
    .await
});

changed!(OldBranches, flow => {
    let race = ["a", "b"].map(|name| flow.branch(name, async |_| Ok(())));
    flow.race("race", race).await?;
    let join = ["a", "b"].map(|name| flow.branch(name, async |_| Ok(())));
    flow.join("join", join).await?;
    flow.sleep("long", Duration::from_secs(60)).await
});
changed!(OtherWinner, flow => {
    flow.race("race", [flow.branch("b", async |_| Ok(()))]).await?;
    Ok(())
});
changed!(OtherBranches, flow => {
    let race = ["a", "c"].map(|name| flow.branch(name, async |_| Ok(())));
    flow.race("race", race).await?;
    let join = ["a", "b", "c"].map(|name| flow.branch(name, async |_| Ok(())));
    flow.join("join", join).await.map(drop)
});

changed!(OldBlock, flow => {
    let block = flow.try_block("block", async |flow| flow.step("old", async |_| Ok(())).await);
    block.await?.unwrap();
    flow.sleep("long", Duration::from_secs(60)).await
});
changed!(NoBlock, flow => {
    flow.removed("block", EntryKind::Step).await?;
    flow.sleep("long", Duration::from_secs(60)).await
});
changed!(EmptyBlock, flow => {
    flow.try_block("block", async |flow| flow.removed("old", EntryKind::Step).await).await?.unwrap();
    flow.sleep("long", Duration::from_secs(60)).await
});

/// A fault of the code is an error of the run, and no failure of the workflow.
fn faults<A: rivet_guest::Actor>(mut actor: TestActor<A>, error: &str) {
    while actor.step() {}
    let told = actor.run_error().unwrap().to_string();
    assert!(told.starts_with(error), "{told}");
    assert_ne!(actor.workflow_state().unwrap(), "failed");
    assert_eq!(actor.wakes_at_ms(), None);
}

#[test]
fn code_that_does_not_fit_the_history_is_a_fault() {
    faults(old().upgrade::<Forgets>().unwrap(), "workflow.history_diverged: `loop` is in the history");
    faults(
        old().upgrade::<OtherKind>().unwrap(),
        "workflow.history_diverged: `old` is a sleep now, and was a step",
    );
    let removed = "workflow.history_diverged: `old` was a step, and the code has removed a join";
    faults(old().upgrade::<WronglyRemoved>().unwrap(), removed);
    let shape = "workflow.history_diverged: the output of `old` is of another shape";
    faults(old().upgrade::<OtherOutput>().unwrap(), shape);
}

#[test]
fn what_was_in_a_block_is_removed_in_the_block() {
    let old = || TestActor::<OldBlock>::create().unwrap();
    faults(old().upgrade::<NoBlock>().unwrap(), "workflow.history_diverged: `block/old` is in the history");
    assert_eq!(run_out(&mut old().upgrade::<EmptyBlock>().unwrap()).state, "completed");
}

#[test]
fn branches_that_the_history_does_not_know_are_a_fault() {
    let old = || {
        let mut old = TestActor::<OldBranches>::create().unwrap();
        old.advance(Duration::from_secs(1));
        old
    };
    let winner = "workflow.history_diverged: `race/a` has won, and is not there any more";
    faults(old().upgrade::<OtherWinner>().unwrap(), winner);
    let branch = "workflow.history_diverged: `join/c` is new in what has begun without it";
    faults(old().upgrade::<OtherBranches>().unwrap(), branch);
}

#[test]
fn a_workflow_goes_on_with_code_that_fits_again() {
    let mut actor = old().upgrade::<Forgets>().unwrap();
    while actor.step() {}
    let left = run_out(&mut actor.upgrade::<V2>().unwrap());
    assert_eq!(left.state, "completed");
}

#[test]
fn a_name_is_used_once_and_one_entry_is_in_progress() {
    faults(TestActor::<Twice>::create().unwrap(), "workflow.duplicate_name: `once` is there twice");
    faults(TestActor::<TwiceInAJoin>::create().unwrap(), "workflow.duplicate_name: `join/a` is there twice");
    faults(TestActor::<Inside>::create().unwrap(), "workflow.entry_in_progress: `outer` begins while");
}
