//! Steps and blocks that fail for good, and what becomes of the workflow.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{
    CriticalError, FailureKind, FailureSource, Result, RollbackError, UserError, Workflow, WorkflowEvent,
    actor,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{entry, run_out, survives};

/// Does what it is told to, and keeps what it saw.
#[derive(Default, Serialize, Deserialize)]
struct Fails {
    how: String,
    runs: u32,
    seen: Vec<Value>,
    events: Vec<Value>,
}

#[actor(name = "fails")]
impl Fails {
    fn create_state(how: String) -> Self {
        Self { how, ..Self::default() }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let how = flow.step("how", async |step| step.read(|fails| fails.how.clone()).await).await?;
        let fail = async |step: &rivet_guest::Step<Self>| -> Result<u32> {
            step.update(|fails| fails.runs += 1).await?;
            match how.as_str() {
                "critical" => Err(CriticalError::new("it is broken").into()),
                "rollback" => Err(RollbackError::new("undo it").into()),
                "slow" => {
                    step.sleep(Duration::from_secs(60)).await?;
                    Ok(1)
                }
                "user" => Err(UserError::new("not now").with_code("busy").into()),
                _ => Ok(1),
            }
        };
        let tried = flow.try_step("try", fail).max_retries(1).timeout(Duration::from_secs(10)).await?;
        let seen = match tried {
            Ok(value) => json!(value),
            Err(failure) => json!({
                "kind": failure.kind, "step": failure.step, "attempts": failure.attempts, "error": failure.error.to_string(),
            }),
        };
        flow.step("saw", async |step| step.update(|fails| fails.seen.push(seen.clone())).await).await?;
        flow.step("fail", fail).max_retries(0).timeout(Duration::from_secs(10)).retry_on_timeout().await?;
        Ok(())
    }

    fn on_workflow_error(&mut self, error: &WorkflowEvent) -> Result<()> {
        self.events.push(serde_json::to_value(error)?);
        Ok(())
    }
}

fn fails(how: &'static str) -> impl FnMut() -> TestActor<Fails> {
    move || TestActor::create_with(how).unwrap()
}

#[test]
fn a_failure_is_a_value_for_whoever_tries() {
    for (how, kind, attempts, error) in [
        ("critical", "critical", 1, "workflow.critical_error: it is broken"),
        ("user", "exhausted", 2, "user.busy: not now"),
        ("slow", "timeout", 1, "workflow.step_timed_out: it took longer than 10000 ms"),
    ] {
        // A step that waits commits what it did before, and is begun again by a cold start.
        let left = if how == "slow" { run_out(&mut fails(how)()) } else { survives(fails(how)) };
        let failure = json!({"kind": kind, "step": "try", "attempts": attempts, "error": error});
        assert_eq!(left.saved["seen"], json!([failure]), "{how}");
        assert_eq!(left.state, "failed");
        assert_eq!(entry(&left, "try")["status"], "exhausted");
    }
    assert_eq!(survives(fails("fine")).saved["seen"], json!([1]));
}

#[test]
fn a_step_that_fails_for_good_fails_the_workflow() {
    for (how, runs, error) in [
        ("critical", 2, "workflow.critical_error: it is broken"),
        (
            "user",
            3,
            "workflow.step_exhausted: the step `fail` has failed 1 times, at last with user.busy: not now",
        ),
        (
            "slow",
            2,
            "workflow.step_exhausted: the step `fail` has failed 1 times, at last with workflow.step_timed_out: it took longer \
             than 10000 ms",
        ),
    ] {
        let left = run_out(&mut fails(how)());
        assert_eq!((left.error.as_deref(), &left.saved["runs"]), (Some(error), &json!(runs)));
    }
}

#[test]
fn a_rollback_error_is_not_caught_by_itself() {
    let left = survives(fails("rollback"));
    assert_eq!(left.error.as_deref(), Some("workflow.rollback: undo it"));
    assert_eq!((&left.saved["seen"], &left.saved["runs"]), (&json!([]), &json!(1)));
}

#[test]
fn a_workflow_that_failed_says_so_once_and_is_not_run_again() {
    let mut fails = fails("critical")();
    let left = run_out(&mut fails);
    let kinds: Vec<_> = left.saved["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let (kind, what) = event.as_object().unwrap().iter().next().unwrap();
            (kind.as_str(), what["willRetry"].as_bool(), what["error"]["message"].as_str().unwrap())
        })
        .collect();
    let broken = "it is broken";
    assert_eq!(
        kinds,
        [("step", Some(false), broken), ("step", Some(false), broken), ("workflow", None, broken)]
    );
    let warning =
        "warn: the workflow has failed, and is not run again: workflow.critical_error: it is broken";
    assert_eq!(fails.log(), [warning]);
    assert_eq!((fails.is_running(), fails.wakes_at_ms()), (false, None));
    fails.restart().unwrap();
    assert_eq!(run_out(&mut fails), left);
    assert_eq!(fails.log(), [warning, warning]);
}

#[test]
fn turns_that_trap_count_as_attempts_of_the_step_that_comes_next() {
    let mut fails = fails("fine")();
    for _ in 0..2 {
        fails.restart_after_trap().unwrap();
        assert!(fails.is_running());
    }
    fails.restart_after_trap().unwrap();
    let left = run_out(&mut fails);
    let failure = json!({
        "kind": "exhausted", "step": "try", "attempts": 2, "error": "actor.panicked: 2 turns of the actor have trapped at it",
    });
    assert_eq!(left.saved["seen"], json!([failure]));
    assert_eq!((left.state.as_str(), &left.saved["runs"]), ("completed", &json!(1)));
}

#[derive(Default, Serialize, Deserialize)]
struct Blocks {
    seen: Vec<Value>,
}

#[actor(name = "blocks")]
impl Blocks {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let note = async |flow: &Workflow<Self>, name: &str, value: Value| {
            flow.step(name, async |step| step.update(|blocks| blocks.seen.push(value.clone())).await).await
        };
        let fine = flow
            .try_block("fine", async |flow| {
                note(flow, "inner", json!("in")).await?;
                Ok(5)
            })
            .await?;
        note(flow, "fine seen", json!(fine.unwrap())).await?;

        let failed = flow
            .try_block("failed", async |flow| {
                note(flow, "inner", json!("in")).await?;
                flow.step("charge", async |_| -> Result<()> { Err(CriticalError::new("no").into()) }).await
            })
            .await?;
        let failure = failed.unwrap_err();
        let step = failure.step.unwrap();
        assert_eq!((failure.source, step.kind), (FailureSource::Step, FailureKind::Critical));
        note(flow, "failed seen", json!([failure.name, failure.error.to_string(), step.attempts])).await?;

        let thrown = flow
            .try_block("thrown", async |_| -> Result<()> {
                Err(UserError::new("by the block itself").into())
            })
            .catch([FailureSource::Block])
            .await?;
        let failure = thrown.unwrap_err();
        assert_eq!((failure.source, failure.step), (FailureSource::Block, None));
        note(flow, "thrown seen", json!([failure.name, failure.error.to_string()])).await?;

        let _not_caught = flow
            .try_block("not caught", async |_| -> Result<()> { Err(UserError::new("out").into()) })
            .await?;
        note(flow, "never", json!("never")).await
    }
}

#[test]
fn a_block_catches_what_it_is_to_catch() {
    let left = survives(|| TestActor::<Blocks>::create().unwrap());
    let expect = json!([
        "in",
        5,
        "in",
        ["charge", "workflow.critical_error: no", 1],
        ["thrown", "user.user_error: by the block itself"],
    ]);
    assert_eq!(left.saved["seen"], expect);
    assert_eq!(left.error.as_deref(), Some("user.user_error: out"));
    assert_eq!(entry(&left, "failed/charge")["status"], "exhausted");
}

#[test]
fn a_workflow_that_traps_outside_of_steps_fails_at_last() {
    let mut blocks = TestActor::<Traps>::create().unwrap();
    for _ in 0..11 {
        assert_eq!(blocks.workflow_state().as_deref(), Some("running"));
        blocks.restart_after_trap().unwrap();
    }
    let left = run_out(&mut blocks);
    assert_eq!((left.state.as_str(), blocks.wakes_at_ms()), ("failed", None));
    assert!(left.error.unwrap().starts_with("workflow.panicked: "));
    assert_eq!(left.saved["told"], json!(["panicked"]));
}

/// Waits in its own function, where a test says that it traps.
#[derive(Default, Serialize, Deserialize)]
struct Traps {
    told: Vec<String>,
}

#[actor(name = "traps")]
impl Traps {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.sleep("not long enough to sleep", Duration::from_millis(50)).await?;
        flow.sleep("long", Duration::from_secs(60)).await
    }

    fn on_workflow_error(&mut self, error: &WorkflowEvent) -> Result<()> {
        if let WorkflowEvent::Workflow { error, .. } = error {
            self.told.push(error.code().to_owned());
        }
        Ok(())
    }
}

#[test]
fn traps_of_others_while_it_rests_fail_no_workflow() {
    let mut traps = TestActor::<Traps>::create().unwrap();
    traps.advance(Duration::from_secs(1));
    for _ in 0..30 {
        traps.restart_after_trap().unwrap();
        assert_eq!(traps.workflow_state().as_deref(), Some("sleeping"));
    }
    assert_eq!(run_out(&mut traps).state, "completed");
}

#[derive(Default, Serialize, Deserialize)]
struct Patient {}

#[actor(name = "patient")]
impl Patient {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("first", async |_| Ok(())).await?;
        let hour = Duration::from_secs(3_600);
        flow.step("traps", async |_| Ok(())).max_retries(100).backoff(hour).max_backoff(hour).await
    }
}

#[test]
fn a_step_that_traps_often_is_tried_as_often_as_it_may() {
    let mut patient = TestActor::<Patient>::create().unwrap();
    for _ in 0..30 {
        patient.restart_after_trap().unwrap();
        assert_ne!(patient.workflow_state().as_deref(), Some("failed"));
        patient.advance(Duration::ZERO);
    }
    let left = run_out(&mut patient);
    assert_eq!((left.state.as_str(), &entry(&left, "traps")["attempts"]), ("completed", &json!(11)));
}
