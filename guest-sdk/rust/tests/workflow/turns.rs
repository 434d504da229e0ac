//! Whose turn it is, where branches go on beside each other.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Loop, Result, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{paths, run_out, survives};

const SECOND: Duration = Duration::from_secs(1);

macro_rules! turns {
    ($name:ident, $output:ty, $flow:ident => $body:expr) => {
        #[derive(Default, Serialize, Deserialize)]
        struct $name {
            seen: Vec<String>,
        }

        impl Seen for $name {
            fn seen(&mut self) -> &mut Vec<String> {
                &mut self.seen
            }
        }

        #[actor(name = "turns", queues("job"))]
        impl $name {
            async fn workflow($flow: &Workflow<Self>) -> Result<$output> {
                $body
            }
        }
    };
}

trait Seen: rivet_guest::Actor {
    fn seen(&mut self) -> &mut Vec<String>;
}

async fn see<A: Seen>(flow: &Workflow<A>, what: &str) -> Result<()> {
    flow.step(what, async |step| step.update(|actor| actor.seen().push(what.to_owned())).await).await
}

async fn see_all<A: Seen>(flow: &Workflow<A>, what: &[&str]) -> Result<()> {
    for what in what {
        see(flow, what).await?;
    }
    Ok(())
}

turns!(Shortest, String, flow => {
    let branches = [
        flow.branch("three", async |flow| see_all(flow, &["a 1", "a 2", "a 3"]).await),
        flow.branch("one", async |flow| see(flow, "b").await),
        flow.branch("two", async |flow| see_all(flow, &["c 1", "c 2"]).await),
    ];
    let winner = flow.race("race", branches).await?.0;
    see(flow, "after").await?;
    Ok(winner)
});

#[test]
fn the_branch_with_the_fewest_steps_wins() {
    let left = survives(|| TestActor::<Shortest>::create().unwrap());
    assert_eq!((left.output.as_str(), &left.saved["seen"]), (Some("one"), &json!(["a 1", "b", "after"])));
    assert_eq!(paths(&left), ["after", "race", "race/one/b"]);
}

turns!(Alternate, (), flow => {
    see(flow, "first").await?;
    let branches = [
        flow.branch("a", async |flow| see_all(flow, &["a 1", "a 2"]).await),
        flow.branch("b", async |flow| {
            flow.try_block("block", async |flow| see(flow, "b 1").await).await?.unwrap();
            flow.join("join", ["c", "d"].map(|name| flow.branch(name, async move |flow| see(flow, name).await))).await?;
            see(flow, "b 2").await
        }),
    ];
    flow.join("join", branches).await.map(drop)
});

#[test]
fn branches_take_turns() {
    let left = survives(|| TestActor::<Alternate>::create().unwrap());
    assert_eq!(left.saved["seen"], json!(["first", "a 1", "b 1", "a 2", "c", "d", "b 2"]));
}

turns!(Loops, (), flow => {
    let jobs = async |flow: &Workflow<Self>| {
        flow.iterate("jobs", 0, async |flow, n| {
            flow.queue("job").next().await?;
            Ok(if n < 5 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        see(flow, "jobs").await
    };
    let empty = async |flow: &Workflow<Self>| {
        flow.iterate("empty", 0, async |_, n| Ok(if n < 20 { Loop::Continue(n + 1) } else { Loop::Break(()) }))
            .history_prune_interval(4)
            .await?;
        see(flow, "empty").await
    };
    let fails = async |flow: &Workflow<Self>| {
        let step = flow.try_step("fails", async |_| Err::<(), _>(rivet_guest::UserError::new("no").into()));
        let failed = step.max_retries(5).backoff(Duration::ZERO).await?;
        see(flow, &format!("{:?}", failed.is_err())).await
    };
    let steps = async |flow: &Workflow<Self>| see_all(flow, &["1", "2", "3"]).await;
    let branches = [
        flow.branch("jobs", jobs),
        flow.branch("empty", empty),
        flow.branch("fails", fails),
        flow.branch("steps", steps),
    ];
    flow.join("join", branches).await.map(drop)
});

#[test]
fn receipts_loops_and_attempts_are_turns_as_steps_are() {
    let mut loops = TestActor::<Loops>::create().unwrap();
    for n in 0..6 {
        loops.publish("job", n).unwrap().unwrap();
    }
    let seen = run_out(&mut loops).saved["seen"].clone();
    assert_eq!(seen.as_array().unwrap()[..3], ["1", "2", "3"].map(|n| json!(n)));
}

turns!(Waits, (), flow => {
    let branches = [
        flow.branch("a", async |flow| see_all(flow, &["a 1", "a 2"]).await),
        flow.branch("b", async |flow| {
            flow.step("b", async |step| {
                step.sleep(60 * SECOND).await?;
                step.update(|actor| actor.seen.push("b".to_owned())).await
            })
            .timeout(Duration::ZERO)
            .await
        }),
        flow.branch("c", async |flow| see(flow, "c").await),
    ];
    flow.join("join", branches).await.map(drop)
});

#[test]
fn who_only_begins_to_wait_leaves_the_turn_to_the_next() {
    let mut waits = TestActor::<Waits>::create().unwrap();
    assert!(waits.step());
    assert_eq!(waits.saved_state::<Waits>().unwrap().seen, ["a 1", "c"]);
    assert_eq!(run_out(&mut waits).saved["seen"], json!(["a 1", "c", "a 2", "b"]));
}
