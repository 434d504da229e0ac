//! Messages.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Loop, Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{entry, paths, run_out, survives};

#[derive(Default, Serialize, Deserialize)]
struct Desk {
    seen: Vec<Value>,
}

#[actor(name = "desk", queues("approve", "deny", "job"))]
impl Desk {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let first = flow.queue("approval").names(["approve", "deny"]).next().await?;
        note(flow, "first", json!([first.id(), first.name(), first.body::<Value>()?, first.created_at_ms()]))
            .await?;
        let batch = flow.queue("batch").timeout(Duration::from_secs(5)).next_batch(2).await?;
        let bodies: Result<Vec<Value>> = batch.iter().map(|message| message.body()).collect();
        note(flow, "batch seen", json!(bodies?)).await?;
        let none = flow.queue("late").names(["deny"]).timeout(Duration::from_secs(5)).next_batch(2).await?;
        note(flow, "none", json!(none.len())).await?;
        let late = flow.queue("later").names(["deny"]).timeout(Duration::from_secs(5)).next().await;
        note(flow, "late seen", json!(late.unwrap_err().to_string())).await
    }
}

async fn note(flow: &Workflow<Desk>, name: &str, value: Value) -> Result<()> {
    flow.step(name, async |step| step.update(|desk| desk.seen.push(value.clone())).await).await
}

fn desk() -> TestActor<Desk> {
    let mut desk = TestActor::<Desk>::create().unwrap();
    desk.advance(Duration::from_millis(3));
    for (queue, body) in [("job", "x"), ("approve", "yes"), ("job", "y"), ("job", "z")] {
        desk.publish(queue, body).unwrap().unwrap();
    }
    desk
}

#[test]
fn messages_are_received_once_wherever_the_actor_starts_anew() {
    let left = survives(desk);
    let late = "queue.timed_out: no message for `later` came in time";
    assert_eq!(left.saved["seen"], json!([[2, "approve", "yes", 3], ["x", "y"], 0, late]));
    assert_eq!(left.state, "completed");
    let receipts: Vec<_> = paths(&left).into_iter().filter(|path| path.contains(':')).collect();
    assert_eq!(
        receipts,
        [
            "approval:0",
            "approval:count",
            "batch:0",
            "batch:1",
            "batch:count",
            "batch:deadline",
            "late:count",
            "late:deadline",
            "later:count",
            "later:deadline",
        ]
    );
    let (message, count) = (entry(&left, "approval:0"), entry(&left, "approval:count"));
    assert_eq!(message["name"], "approve");
    assert_eq!(
        message["data"],
        json!({
            "__rivetWorkflowQueueMessage": 1, "id": "2", "name": "approve", "body": "yes", "createdAt": "..", "completed": false,
        })
    );
    assert_eq!((&count["name"], &count["data"]), (&json!("approve|deny:count"), &json!(1)));
    assert_eq!(
        (&entry(&left, "batch:count")["name"], &entry(&left, "late:deadline")["state"]),
        (&json!("*:count"), &json!("completed"))
    );
}

#[test]
fn whoever_waits_for_a_message_sleeps_until_the_time_is_over() {
    let mut desk = TestActor::<Desk>::create().unwrap();
    assert_eq!((desk.workflow_state().as_deref(), desk.wakes_at_ms()), (Some("sleeping"), None));
    desk.publish("approve", 1).unwrap();
    assert_eq!(desk.workflow_state().as_deref(), Some("running"));
    assert_eq!(desk.wakes_at_ms(), Some(0));
    desk.advance(Duration::ZERO);
    assert_eq!((desk.workflow_state().as_deref(), desk.wakes_at_ms()), (Some("sleeping"), Some(5_000)));
    desk.advance(Duration::from_secs(1));
    desk.publish("job", 1).unwrap();
    assert_eq!(entry(&crate::remains(&desk), "batch:deadline")["state"], "interrupted");
    desk.advance(Duration::from_secs(20));
    assert_eq!(desk.workflow_state().as_deref(), Some("completed"));
}

#[derive(Default, Serialize, Deserialize)]
struct Jobs {
    done: Vec<u32>,
}

#[actor(name = "jobs", queues("job"))]
impl Jobs {
    async fn workflow(flow: &Workflow<Self>) -> Result<Value> {
        flow.iterate("jobs", 0, async |flow, n| {
            let job = flow.queue("job").names(["job"]).completable().next().await?;
            let body: u32 = job.body()?;
            flow.step("work", async |step| step.update(|jobs| jobs.done.push(body)).await).await?;
            flow.sleep("pause", Duration::from_secs(1)).await?;
            job.complete_with(&json!({"doubled": 2 * body}))?;
            let twice = job.complete().unwrap_err();
            assert_eq!((twice.group(), twice.code()), ("queue", "already_completed"));
            Ok(if n < 2 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        let held = flow.queue("held").completable().next().await?;
        let refused = flow.queue("refused").next().await.err().unwrap();
        held.complete()?;
        let plain = flow.queue("plain").next().await?;
        Ok(json!([refused.to_string(), plain.complete().unwrap_err().to_string()]))
    }
}

#[test]
fn a_completable_message_is_completed_once_wherever_the_actor_starts_anew() {
    let mut sent = Vec::new();
    let left = survives(|| {
        let mut jobs = TestActor::<Jobs>::create().unwrap();
        sent = (1..6).map(|n| jobs.publish("job", n).unwrap().unwrap()).collect();
        jobs
    });
    assert_eq!(left.saved["done"], json!([1, 2, 3]));
    assert_eq!(
        left.output,
        json!([
            "queue.previous_message_not_completed: a completable message of the workflow is not completed",
            "queue.complete_not_configured: the message was not received as completable: it is gone from the queue already",
        ])
    );
    assert_eq!(entry(&left, "jobs/~0/job:0")["data"]["completed"], true);

    let mut jobs = TestActor::<Jobs>::create().unwrap();
    let sent: Vec<_> = (1..6).map(|n| jobs.publish("job", n).unwrap().unwrap()).collect();
    jobs.restart().unwrap();
    assert_eq!(jobs.queue_len(), 5, "it is in the queue until it is completed");
    run_out(&mut jobs);
    assert_eq!(jobs.completed::<Value>(sent[1]).unwrap().unwrap(), json!({"doubled": 4}));
    assert_eq!(jobs.queue_len(), 0);
}
