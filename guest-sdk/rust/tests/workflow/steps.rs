//! Steps, retries and sleeps.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Result, UserError, Workflow, WorkflowEvent, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{entry, paths, run_out, survives};

#[derive(Default, Serialize, Deserialize)]
struct Order {
    phases: Vec<String>,
    attempts: u32,
    events: Vec<Value>,
}

#[actor]
impl Order {
    async fn workflow(flow: &Workflow<Self>) -> Result<u32> {
        let item = flow
            .step("reserve", async |step| {
                step.update(|order| order.phases.push("reserved".to_owned())).await?;
                Ok("book".to_owned())
            })
            .await?;
        flow.step("charge", async |step| {
            let attempts = step
                .update(|order| {
                    order.attempts += 1;
                    order.attempts
                })
                .await?;
            if attempts < 3 {
                return Err(UserError::new("no connection").into());
            }
            step.update(|order| order.phases.push(format!("charged for {item}"))).await
        })
        .await?;
        flow.sleep("cool down", Duration::from_secs(60)).await?;
        flow.sleep("a moment", Duration::from_millis(20)).await?;
        flow.sleep_until("long ago", 1).await?;
        flow.step("ship", async |step| step.update(|order| order.phases.push("shipped".to_owned())).await)
            .await?;
        Ok(7)
    }

    fn on_workflow_error(&mut self, error: &WorkflowEvent) -> Result<()> {
        self.events.push(serde_json::to_value(error)?);
        Ok(())
    }
}

fn order() -> TestActor<Order> {
    TestActor::create().unwrap()
}

#[test]
fn each_step_is_done_once_wherever_the_actor_starts_anew() {
    let left = survives(order);
    assert_eq!(left.saved["phases"], json!(["reserved", "charged for book", "shipped"]));
    assert_eq!((left.state.as_str(), &left.output), ("completed", &json!(7)));
    assert_eq!(paths(&left), ["a moment", "charge", "cool down", "long ago", "reserve", "ship"]);
    assert_eq!(
        entry(&left, "charge"),
        &json!({
            "id": "..", "kind": "step", "status": "completed", "attempts": 3, "createdAt": "..", "lastAttemptAt": "..",
            "completedAt": "..", "output": null, "order": 4,
        })
    );
    assert_eq!(entry(&left, "cool down")["state"], "completed");
}

#[test]
fn a_step_is_one_turn_and_waits_longer_after_each_failure() {
    let mut order = order();
    let attempts = |order: &TestActor<Order>| order.saved_state::<Order>().unwrap().attempts;
    assert_eq!((order.saved_state::<Order>().unwrap().phases.len(), attempts(&order)), (1, 0));
    order.advance(Duration::ZERO);
    assert_eq!((attempts(&order), order.workflow_state().as_deref()), (1, Some("sleeping")));
    assert_eq!(order.wakes_at_ms(), Some(200));
    order.advance(Duration::from_millis(199));
    assert_eq!(attempts(&order), 1);
    order.advance(Duration::from_millis(1));
    assert_eq!((attempts(&order), order.wakes_at_ms()), (2, Some(600)));
    order.advance(Duration::from_millis(400));
    assert_eq!((attempts(&order), order.wakes_at_ms()), (3, Some(60_600)));
    let saves = order.state_writes();
    order.advance(Duration::from_secs(60));
    assert_eq!(order.state_writes(), saves);
    order.advance(Duration::from_millis(20));
    assert_eq!((order.state_writes(), order.workflow_state().as_deref()), (saves + 1, Some("completed")));
    assert_eq!(order.wakes_at_ms(), None);
    assert_eq!(order.pending_timers(), 0);
}

#[test]
fn what_goes_wrong_in_a_step_is_told() {
    let left = run_out(&mut order());
    let id = "0000000000000000000000001";
    let error = json!({"group": "user", "code": "user_error", "message": "no connection"});
    let event = |attempt: u32, remaining: u32, delay: u32, at: u32| {
        json!({"step": {
            "workflowId": id, "stepName": "charge", "attempt": attempt, "maxRetries": 3, "remainingRetries": remaining,
            "willRetry": true, "retryDelay": delay, "retryAt": at, "error": error,
        }})
    };
    assert_eq!(left.saved["events"], json!([event(1, 3, 200, 200), event(2, 2, 400, 600)]));
}

#[test]
fn what_has_completed_is_not_run_again() {
    let mut order = order();
    let left = run_out(&mut order);
    for _ in 0..2 {
        order.restart().unwrap();
        assert!(!order.is_running());
        assert_eq!(run_out(&mut order), left);
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Keys {
    seen: Vec<String>,
}

#[actor(name = "keys")]
impl Keys {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.log().info(format_args!("{} {} {:?}", flow.id(), flow.name(), flow.key()));
        for n in 0..2 {
            flow.step(format!("step {n}"), async |step| {
                let (id, now_ms) = (step.id().to_owned(), step.now_ms());
                step.kv().put("last", &id)?;
                step.update(|keys| keys.seen.push(format!("{id} {now_ms}"))).await?;
                if step.read(|keys| keys.seen.len()).await? == 1 {
                    return Err(UserError::new("once").into());
                }
                Ok(())
            })
            .backoff(Duration::from_secs(1))
            .max_backoff(Duration::from_millis(1_500))
            .await?;
        }
        flow.step("in memory", async |step| step.update(|keys| keys.seen.push("a".to_owned())).await)
            .ephemeral()
            .await?;
        flow.step("with it", async |step| step.update(|keys| keys.seen.push("b".to_owned())).await).await
    }
}

#[test]
fn a_step_has_one_id_in_all_of_its_attempts() {
    let mut keys = TestActor::<Keys>::create().unwrap();
    assert_eq!(keys.log(), [r#"info: 0000000000000000000000001 keys ["test"]"#]);
    keys.advance(Duration::from_millis(1_500));
    let id = "0000000000000000000000001/step";
    let seen = keys.saved_state::<Keys>().unwrap().seen;
    assert_eq!(
        seen,
        [format!("{id} 0 0"), format!("{id} 0 1500"), format!("{id} 1 1500"), "a".into(), "b".into()]
    );
}

#[test]
fn an_ephemeral_step_commits_with_the_one_after_it() {
    let mut keys = TestActor::<Keys>::create().unwrap();
    keys.advance(Duration::from_millis(1_499));
    assert!(keys.step() && keys.step());
    assert_eq!(keys.saved_state::<Keys>().unwrap().seen.len(), 3);
    assert!(keys.step());
    assert_eq!(keys.saved_state::<Keys>().unwrap().seen.len(), 5);
}
