//! Loops.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Loop, Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{entry, paths, run_out, survives};

#[derive(Default, Serialize, Deserialize)]
struct Poll {
    rounds: u32,
    bodies: u32,
}

#[actor(name = "poll")]
impl Poll {
    fn create_state(rounds: u32) -> Self {
        Self { rounds, bodies: 0 }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<u32> {
        let rounds = flow.step("rounds", async |step| step.read(|poll| poll.rounds).await).await?;
        let sum = flow
            .iterate("poll", (0, 0), async |flow, (n, sum)| {
                let sum = flow
                    .step("add", async |step| {
                        step.update(|poll| poll.bodies += 1).await?;
                        Ok(sum + n)
                    })
                    .await?;
                flow.sleep("pause", Duration::from_secs(1)).await?;
                Ok(if n < rounds { Loop::Continue((n + 1, sum)) } else { Loop::Break(sum) })
            })
            .history_prune_interval(3)
            .history_size(2)
            .await?;
        flow.iterate("count", 0, async |_, n| {
            Ok(if n < 1_000 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        flow.step("after", async |_| Ok(())).await?;
        Ok(sum)
    }
}

fn poll(rounds: u32) -> impl FnMut() -> TestActor<Poll> {
    move || TestActor::create_with(rounds).unwrap()
}

#[test]
fn the_state_goes_from_one_iteration_to_the_next() {
    let left = survives(poll(7));
    assert_eq!((&left.output, &left.saved["bodies"]), (&json!(28), &json!(8)));
    assert_eq!(
        entry(&left, "poll"),
        &json!({
            "id": "..", "kind": "loop", "status": "completed", "attempts": 0, "createdAt": "..", "lastAttemptAt": "..",
            "completedAt": "..", "output": 28, "order": 20, "state": [7, 21], "iteration": 7,
        })
    );
}

#[test]
fn what_is_old_is_removed() {
    let left = run_out(&mut poll(7)());
    let of_the_loop: Vec<_> = paths(&left).into_iter().filter(|path| path.starts_with("poll")).collect();
    let iterations: Vec<_> =
        (4..8).flat_map(|n| [format!("poll/~{n}/add"), format!("poll/~{n}/pause")]).collect();
    assert_eq!(of_the_loop[0], "poll");
    assert_eq!(of_the_loop[1..], iterations);
}

#[test]
fn a_loop_that_does_nothing_is_not_one_turn() {
    let mut poll = poll(0)();
    while entry(&crate::remains(&poll), "rounds")["status"] != "completed"
        || !paths(&crate::remains(&poll)).contains(&"count")
    {
        assert!(poll.step());
    }
    let mut turns = 0;
    while poll.workflow_state().as_deref() != Some("completed") {
        assert!(poll.step());
        turns += 1;
    }
    assert!((50..60).contains(&turns), "{turns}");
}

macro_rules! tickets {
    ($name:ident, $interval:expr, $size:expr) => {
        #[derive(Default, Serialize, Deserialize)]
        struct $name {
            undone: Vec<u32>,
        }

        #[actor(name = "tickets")]
        impl $name {
            async fn workflow(flow: &Workflow<Self>) -> Result<()> {
                flow.rollback_checkpoint("undo").await?;
                let booked = flow
                    .iterate("tickets", 0, async |flow, n: u32| {
                        flow.step("book", async |_| Ok(n))
                            .rollback(async |step, n| step.update(|tickets| tickets.undone.push(n)).await)
                            .await?;
                        Ok(if n < 45 { Loop::Continue(n + 1) } else { Loop::Break(n) })
                    })
                    .history_prune_interval($interval)
                    .history_size($size)
                    .await?;
                flow.step("pay", async |_| {
                    Err::<(), _>(UserError::new(format!("no money for {booked}")).into())
                })
                .await
            }
        }
    };
}

tickets!(Tickets, 20, 20);
tickets!(PruneMore, 3, 3);
tickets!(KeepMore, 10, 25);

#[test]
fn all_iterations_that_are_in_the_history_are_rolled_back() {
    let down_to = |first: u32| json!((first..=45).rev().collect::<Vec<_>>());
    let left = survives(|| TestActor::<Tickets>::create().unwrap());
    assert_eq!((left.state.as_str(), &left.saved["undone"]), ("failed", &down_to(20)));
    let left = survives(|| TestActor::<KeepMore>::create().unwrap());
    assert_eq!((left.state.as_str(), &left.saved["undone"]), ("failed", &down_to(5)));
}

#[test]
fn a_rollback_goes_on_with_code_that_prunes_more_often() {
    let mut tickets = TestActor::<Tickets>::create().unwrap();
    while tickets.workflow_state().as_deref() != Some("rolling_back") {
        assert!(tickets.step());
    }
    let left = run_out(&mut tickets.upgrade::<PruneMore>().unwrap());
    assert_eq!((left.state.as_str(), left.saved["undone"].as_array().unwrap().len()), ("failed", 26));
}
