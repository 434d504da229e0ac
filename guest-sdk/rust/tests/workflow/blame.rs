//! Which step is to blame for a turn that trapped.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{entry, run_out};

const SECOND: Duration = Duration::from_secs(1);

macro_rules! traps {
    ($name:ident, $flow:ident => $body:expr) => {
        #[derive(Default, Serialize, Deserialize)]
        struct $name {}

        #[actor(name = "traps")]
        impl $name {
            async fn workflow($flow: &Workflow<Self>) -> Result<()> {
                $body
            }
        }
    };
}

traps!(Beside, flow => {
    let waits = flow.branch("waits", async |flow| {
        flow.step("a", async |step| step.sleep(SECOND).await).max_retries(0).await
    });
    let traps = flow.branch("traps", async |flow| {
        flow.step("b", async |step| step.sleep(SECOND).await).max_retries(0).await
    });
    flow.join("join", [waits, traps]).await?;
    flow.step("c", async |step| step.sleep(SECOND).await).max_retries(0).await
});

#[test]
fn the_first_time_none_of_several_steps_that_are_under_way_is_to_blame() {
    let mut beside = TestActor::<Beside>::create().unwrap();
    beside.restart_after_trap().unwrap();
    assert_eq!(beside.pending_timers(), 2, "one of them goes on: its sleep and its time-out");
    let left = run_out(&mut beside);
    assert_eq!((left.state.as_str(), &entry(&left, "join/waits/a")["attempts"]), ("completed", &json!(1)));
    assert_eq!(entry(&left, "c")["attempts"], 1, "nor is one that comes later");
}

#[test]
fn the_second_time_the_one_that_went_on_by_itself_is_to_blame() {
    let mut beside = TestActor::<Beside>::create().unwrap();
    beside.restart_after_trap().unwrap();
    beside.restart_after_trap().unwrap();
    let left = run_out(&mut beside);
    assert_eq!(entry(&left, "join/waits/a")["status"], "exhausted");
    assert_eq!(entry(&left, "join/traps/b")["status"], "completed");

    let mut beside = TestActor::<Beside>::create().unwrap();
    beside.restart_after_trap().unwrap();
    assert!(beside.step());
    beside.restart_after_trap().unwrap();
    let left = run_out(&mut beside);
    assert_eq!(entry(&left, "join/waits/a")["status"], "completed");
    assert_eq!(entry(&left, "join/traps/b")["status"], "exhausted");
}

traps!(Due, flow => {
    let waits = flow.branch("waits", async |flow| {
        flow.step("a", async |step| step.sleep(10 * SECOND).await).max_retries(0).await
    });
    let naps = flow.branch("naps", async |flow| {
        flow.sleep("nap", SECOND).await?;
        flow.step("b", async |_| Ok(())).await
    });
    flow.join("join", [waits, naps]).await.map(drop)
});

// Stands still before it has done anything.
traps!(Other, flow => {
    flow.try_block("block", async |_| flow.step("inside", async |_| Ok(())).await).await.map(drop)
});

#[test]
fn who_is_due_may_be_to_blame_and_who_sleeps_is_not() {
    let mut other = TestActor::<Due>::create().unwrap().upgrade::<Other>().unwrap();
    other.advance(2 * SECOND);
    other.restart_after_trap().unwrap();
    assert_eq!(run_out(&mut other.upgrade::<Due>().unwrap()).state, "completed");

    let mut due = TestActor::<Due>::create().unwrap();
    due.restart_after_trap().unwrap();
    let left = run_out(&mut due);
    assert_eq!((left.state.as_str(), &entry(&left, "join/waits/a")["attempts"]), ("failed", &json!(1)));
}

traps!(Held, flow => {
    let step = async |flow: &Workflow<Self>| flow.step("a", async |step| step.sleep(10 * SECOND).await).await;
    let naps = flow.branch("naps", async |flow| flow.sleep("nap", SECOND).await);
    flow.join("join", [flow.branch("one", step), naps, flow.branch("two", step)]).await.map(drop)
});

#[test]
fn whoever_is_held_up_takes_no_turns() {
    let mut held = TestActor::<Held>::create().unwrap();
    held.restart_after_trap().unwrap();
    held.restart_after(2 * SECOND).unwrap();
    let turns = (0..20).take_while(|_| held.step()).count();
    assert!((2..6).contains(&turns), "{turns}");
    assert_eq!(run_out(&mut held).state, "completed");
}

traps!(Ephemeral, flow => {
    flow.step("e", async |_| Ok(())).ephemeral().max_retries(0).await?;
    flow.step("s", async |step| step.sleep(SECOND).await).max_retries(0).await
});

#[test]
fn an_ephemeral_step_is_not_to_blame_for_the_one_behind_it() {
    let ephemeral = || {
        let mut other = TestActor::<Other>::create().unwrap();
        other.restart_after_trap().unwrap();
        other.upgrade::<Ephemeral>().unwrap()
    };
    assert_eq!(run_out(&mut ephemeral()).state, "completed");

    let mut ephemeral = ephemeral();
    assert!(ephemeral.step());
    ephemeral.restart_after_trap().unwrap();
    let left = run_out(&mut ephemeral);
    assert_eq!((left.state.as_str(), &entry(&left, "e")["attempts"]), ("failed", &json!(1)));
    assert_eq!(entry(&left, "s")["status"], "exhausted");
}

traps!(Rests, flow => {
    flow.sleep("nap", 60 * SECOND).await?;
    flow.step("traps", async |step| step.sleep(SECOND).await).max_retries(2).await
});

#[test]
fn what_was_passed_by_counts_for_no_later_step() {
    let mut rests = TestActor::<Rests>::create().unwrap();
    for _ in 0..3 {
        rests.restart_after_trap().unwrap();
    }
    rests.advance(60 * SECOND);
    for _ in 0..3 {
        rests.restart_after_trap().unwrap();
    }
    let left = run_out(&mut rests);
    assert_eq!((left.state.as_str(), &entry(&left, "traps")["attempts"]), ("failed", &json!(3)));
}
