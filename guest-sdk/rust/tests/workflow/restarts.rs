//! Sleep with and without memory.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Result, This, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};

use crate::run_out;

#[derive(Default, Serialize, Deserialize)]
struct Before {
    seen: Vec<String>,
}

#[actor(name = "late")]
impl Before {
    async fn run(this: This<Self>) -> Result<()> {
        this.update(|before| before.seen.push("run".to_owned())).await
    }
}

#[derive(Default, Serialize, Deserialize)]
struct After {
    seen: Vec<String>,
}

#[actor(name = "late", snapshot = "none")]
impl After {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.sleep("nap", Duration::from_secs(60)).await?;
        flow.step("wake", async |step| step.update(|after| after.seen.push("awake".to_owned())).await).await
    }
}

#[test]
fn an_actor_that_is_given_a_workflow_goes_on_by_itself() {
    let mut after = TestActor::<Before>::create().unwrap().upgrade::<After>().unwrap();
    assert_eq!(after.wakes_at_ms(), Some(60_000));
    let left = run_out(&mut after);
    assert_eq!(left.saved["seen"], serde_json::json!(["run", "awake"]));
}

#[test]
fn without_memory_a_workflow_that_waits_ends_with_the_instance() {
    let mut after = TestActor::<After>::create().unwrap();
    assert!(after.is_running());
    after.sleep().unwrap();
    assert!(!after.is_running());
    assert!(after.run_error().is_none());
    after.restart().unwrap();
    assert!(after.is_running());
    assert_eq!(run_out(&mut after).state, "completed");
}

#[derive(Default, Serialize, Deserialize)]
struct Caller {
    runs: u32,
    undone: Vec<u32>,
}

#[actor(name = "caller")]
impl Caller {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.rollback_checkpoint("undo").await?;
        flow.step("ask", async |step| {
            step.update(|caller| caller.runs += 1).await?;
            step.client().get("number", ["a"]).call::<u32>("get", &()).await
        })
        .max_retries(0)
        .timeout(Duration::from_secs(10))
        .rollback(async |step, _n| {
            let n = step.client().get("number", ["a"]).call::<u32>("undo", &()).await?;
            step.update(|caller| caller.undone.push(n)).await
        })
        .await?;
        Err(UserError::new("no").into())
    }
}

/// Sleeps while the workflow waits for another actor's answer, which is lost by that.
fn sleep_over(caller: &mut TestActor<Caller>) {
    assert!(caller.next_ask().is_some());
    assert_eq!(caller.holds(), 1, "it is waited for");
    caller.sleep().unwrap();
    caller.wake().unwrap();
}

#[test]
fn what_is_lost_by_sleep_is_no_attempt() {
    let mut caller = TestActor::<Caller>::create().unwrap();
    sleep_over(&mut caller);
    sleep_over(&mut caller);
    let ask = caller.next_ask().unwrap();
    caller.answer_ask(ask, Ok(1)).unwrap();
    assert_eq!((caller.holds(), caller.saved_state::<Caller>().unwrap().runs), (0, 3));
    caller.advance(Duration::ZERO);
    sleep_over(&mut caller);
    assert_eq!(caller.workflow_state().as_deref(), Some("rolling_back"));
    let ask = caller.next_ask().unwrap();
    caller.answer_ask(ask, Ok(2)).unwrap();
    let left = run_out(&mut caller);
    assert_eq!((left.state.as_str(), &left.saved["undone"]), ("failed", &serde_json::json!([2])));
}

#[test]
fn a_rollback_that_traps_at_each_start_stands_still_until_the_next() {
    let mut caller = TestActor::<Caller>::create().unwrap();
    let ask = caller.next_ask().unwrap();
    caller.answer_ask(ask, Ok(1)).unwrap();
    caller.advance(Duration::ZERO);
    for _ in 0..11 {
        assert!(caller.next_ask().is_some() && caller.wakes_at_ms().is_some());
        caller.restart_after_trap().unwrap();
    }
    assert_eq!(caller.run_error().unwrap().code(), "panicked");
    assert_eq!((caller.workflow_state().as_deref(), caller.wakes_at_ms()), (Some("rolling_back"), None));
    caller.restart().unwrap();
    assert!(caller.next_ask().is_some() && caller.is_running());
}

#[derive(Default, Serialize, Deserialize)]
struct Slow {
    runs: u32,
}

#[actor(name = "slow")]
impl Slow {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("wait", async |step| {
            step.update(|slow| slow.runs += 1).await?;
            step.sleep(Duration::from_secs(15)).await
        })
        .timeout(Duration::from_secs(10))
        .await
    }
}

#[test]
fn sleep_takes_none_of_the_time_of_a_step() {
    let mut slow = TestActor::<Slow>::create().unwrap();
    slow.sleep().unwrap();
    slow.wake().unwrap();
    let left = run_out(&mut slow);
    assert_eq!((left.state.as_str(), &left.saved["runs"]), ("completed", &serde_json::json!(1)));
}
