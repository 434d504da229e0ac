//! Completable messages that are in hand while something else goes on.

use std::time::Duration;

use rivet_guest::testing::{Sent, TestActor};
use rivet_guest::{Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{run_out, survives};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default, Serialize, Deserialize)]
struct Refund {
    seen: Vec<String>,
}

#[actor(name = "refund", queues("order", "other"))]
impl Refund {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.rollback_checkpoint("undo").await?;
        let order = flow.queue("order").names(["order"]).completable().next().await?;
        charge(flow, "charge").await?;
        order.complete()?;
        let _order = flow.queue("another").names(["order"]).completable().next().await?;
        charge(flow, "charge again").await?;
        Err(UserError::new("out of stock").into())
    }
}

async fn charge(flow: &Workflow<Refund>, name: &'static str) -> Result<()> {
    flow.step(name, async |step| step.update(|refund| refund.seen.push(name.to_owned())).await)
        .rollback(async move |step, ()| step.update(|refund| refund.seen.push(format!("undo {name}"))).await)
        .await
}

#[test]
fn a_message_in_hand_keeps_no_step_from_being_undone() {
    let left = survives(|| {
        let mut refund = TestActor::<Refund>::create().unwrap();
        for n in 0..2 {
            refund.publish("order", n).unwrap().unwrap();
        }
        refund
    });
    let expect = ["charge", "charge again", "undo charge again", "undo charge"];
    assert_eq!((left.state.as_str(), &left.saved["seen"]), ("failed", &json!(expect)));
}

#[derive(Default, Serialize, Deserialize)]
struct Pair {
    seen: Vec<String>,
}

#[actor(name = "pair", queues("a", "b"))]
impl Pair {
    async fn workflow(flow: &Workflow<Self>) -> Result<Vec<String>> {
        flow.join(
            "both",
            [
                flow.branch("a", async |flow| {
                    flow.sleep("later", SECOND).await?;
                    let a = flow.queue("a").names(["a"]).completable().next().await?;
                    see(flow, "has a").await?;
                    flow.sleep("pause", 3 * SECOND).await?;
                    a.complete()?;
                    Ok("a".to_owned())
                }),
                flow.branch("b", async |flow| {
                    let b = flow.queue("b").names(["b"]).next().await?;
                    flow.sleep("pause", 2 * SECOND).await?;
                    let refused = flow.queue("again").names(["b"]).next().await.err();
                    see(flow, "is refused").await?;
                    Ok(format!(
                        "{}, {}",
                        b.name(),
                        refused.map(|error| error.to_string()).unwrap_or_default()
                    ))
                }),
            ],
        )
        .await
    }
}

async fn see(flow: &Workflow<Pair>, what: &'static str) -> Result<()> {
    flow.step(what, async |step| step.update(|pair| pair.seen.push(what.to_owned())).await).await
}

#[test]
fn what_was_received_before_is_not_refused_by_a_replay_and_what_was_refused_is() {
    let left = survives(|| {
        let mut pair = TestActor::<Pair>::create().unwrap();
        for name in ["b", "a", "b"] {
            pair.publish(name, ()).unwrap().unwrap();
        }
        pair
    });
    let refused =
        "queue.previous_message_not_completed: a completable message of the workflow is not completed";
    assert_eq!(left.output, json!(["a", format!("b, {refused}")]));
}

#[test]
fn a_refusal_is_in_the_history() {
    let mut pair = TestActor::<Pair>::create().unwrap();
    for name in ["b", "a", "b"] {
        pair.publish(name, ()).unwrap().unwrap();
    }
    let left = run_out(&mut pair);
    let refused = crate::entry(&left, "both/b/again:count");
    assert_eq!((&refused["status"], &refused["data"]), (&json!("failed"), &json!(0)));
}

#[derive(Default, Serialize, Deserialize)]
struct Polls {
    seen: Vec<usize>,
}

#[actor(name = "polls", queues("job"))]
impl Polls {
    async fn workflow(flow: &Workflow<Self>) -> Result<String> {
        let looks = async |flow: &Workflow<Self>, name: &str| -> Result<()> {
            let jobs = flow.queue(name).timeout(Duration::ZERO).next_batch(1).await?;
            flow.step(format!("after {name}"), async |step| {
                step.update(|polls| polls.seen.push(jobs.len())).await
            })
            .await
        };
        flow.step("before", async |_| Ok(())).await?;
        looks(flow, "first").await?;
        looks(flow, "second").await?;
        let job = flow.queue("third").completable().next().await?;
        let refused = job.complete_with(&"x".repeat(2_000_000)).unwrap_err();
        job.complete_with(&"short")?;
        Ok(refused.code().to_owned())
    }
}

fn polls() -> (TestActor<Polls>, Sent) {
    let mut polls = TestActor::<Polls>::create().unwrap();
    polls.publish("job", 1).unwrap().unwrap();
    run_out(&mut polls);
    let last = polls.publish("job", 2).unwrap().unwrap();
    (polls, last)
}

#[test]
fn a_wait_that_takes_no_time_receives_what_is_there() {
    let left = survives(|| polls().0);
    assert_eq!(left.saved["seen"], json!([1, 0]));
}

#[test]
fn a_response_that_is_refused_leaves_the_message_to_be_completed() {
    let (mut polls, last) = polls();
    let left = run_out(&mut polls);
    assert_eq!((left.state.as_str(), &left.output), ("completed", &json!("outgoing_too_long")));
    assert_eq!(polls.completed::<String>(last).unwrap().unwrap(), "short");
}

#[derive(Default, Serialize, Deserialize)]
struct Racer {
    seen: Vec<Value>,
}

#[actor(name = "racer", queues("job"))]
impl Racer {
    async fn workflow(flow: &Workflow<Self>) -> Result<Value> {
        let (winner, ()) = flow
            .race(
                "race",
                [
                    flow.branch("holds", async |flow| {
                        flow.queue("job").completable().next().await?;
                        flow.sleep("long", 60 * SECOND).await
                    }),
                    flow.branch("waits", async |flow| flow.sleep("short", SECOND).await),
                ],
            )
            .await?;
        let job = flow.queue("job").completable().next().await?;
        let body: Value = job.body()?;
        flow.sleep("work", SECOND).await?;
        job.complete_with(&"done")?;
        Ok(json!([winner, body]))
    }
}

fn racer() -> (TestActor<Racer>, [Sent; 2]) {
    let mut racer = TestActor::<Racer>::create().unwrap();
    let sent = [1, 2].map(|n| racer.publish("job", n).unwrap().unwrap());
    (racer, sent)
}

#[test]
fn what_a_branch_had_in_hand_that_lost_is_received_by_others() {
    assert_eq!(survives(|| racer().0).output, json!(["waits", 1]));
}

#[test]
fn a_message_stays_in_hand_however_often_the_actor_starts_and_nothing_else_is_taken() {
    let (mut racer, [first, second]) = racer();
    racer.advance(SECOND);
    for _ in 0..8 {
        racer.restart().unwrap();
    }
    assert_eq!(racer.message_attempts(), [2, 0]);
    run_out(&mut racer);
    assert_eq!(racer.completed::<String>(first).unwrap().unwrap(), "done");
    assert!(racer.completed::<String>(second).is_none() && racer.queue_len() == 1);
}

#[derive(Default, Serialize, Deserialize)]
struct Backwards {
    seen: Vec<Value>,
}

#[actor(name = "backwards", queues("job"))]
impl Backwards {
    async fn workflow(flow: &Workflow<Self>) -> Result<Vec<u32>> {
        let job = async |flow: &Workflow<Self>, after: u32| -> Result<u32> {
            flow.sleep("before", after * SECOND).await?;
            let job = flow.queue("job").completable().next().await?;
            let body = job.body()?;
            flow.sleep("work", 4 * SECOND).await?;
            job.complete()?;
            Ok(body)
        };
        flow.join(
            "both",
            [
                flow.branch("second", async move |flow| job(flow, 9).await),
                flow.branch("first", async move |flow| job(flow, 1).await),
            ],
        )
        .await
    }
}

#[test]
fn nobody_receives_what_another_branch_has_in_hand() {
    let left = survives(|| {
        let mut backwards = TestActor::<Backwards>::create().unwrap();
        for n in [1, 2] {
            backwards.publish("job", n).unwrap().unwrap();
        }
        backwards
    });
    assert_eq!(left.output, json!([2, 1]));
}
