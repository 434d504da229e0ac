//! Joins and races.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Result, UserError, Workflow, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{entry, paths, remains, run_out, survives};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default, Serialize, Deserialize)]
struct Both {
    seen: Vec<String>,
}

async fn see(flow: &Workflow<Both>, name: &str) -> Result<()> {
    flow.step(name, async |step| step.update(|both| both.seen.push(name.to_owned())).await).await
}

#[actor(name = "both")]
impl Both {
    async fn workflow(flow: &Workflow<Self>) -> Result<(u32, String, Vec<u32>)> {
        let (n, text) = flow
            .join(
                "both",
                (
                    flow.branch("number", async |flow| {
                        see(flow, "n1").await?;
                        flow.sleep("nap", 2 * SECOND).await?;
                        see(flow, "n2").await?;
                        Ok(7)
                    }),
                    flow.branch("text", async |flow| {
                        see(flow, "t1").await?;
                        flow.sleep("nap", SECOND).await?;
                        see(flow, "t2").await?;
                        Ok("text".to_owned())
                    }),
                ),
            )
            .await?;
        let many = flow
            .join(
                "many",
                (0..3).map(|i| flow.branch(format!("{i}"), async move |_| Ok(i))).collect::<Vec<_>>(),
            )
            .await?;
        Ok((n, text, many))
    }
}

#[test]
fn branches_of_a_join_run_beside_each_other() {
    let left = survives(|| TestActor::<Both>::create().unwrap());
    assert_eq!(left.output, json!([7, "text", [0, 1, 2]]));
    assert_eq!(left.saved["seen"], json!(["n1", "t1", "t2", "n2"]));
    assert_eq!(
        entry(&left, "both")["branches"],
        json!({"number": {"status": "completed", "output": 7}, "text": {"status": "completed", "output": "text"}})
    );
}

#[test]
fn a_join_waits_for_the_branch_that_is_over_first_and_says_so() {
    let mut both = TestActor::<Both>::create().unwrap();
    both.advance(Duration::ZERO);
    assert_eq!((both.workflow_state().as_deref(), both.wakes_at_ms()), (Some("sleeping"), Some(1_000)));
    both.advance(SECOND);
    assert_eq!((both.workflow_state().as_deref(), both.wakes_at_ms()), (Some("sleeping"), Some(2_000)));
    both.advance(SECOND);
    assert_eq!((both.workflow_state().as_deref(), both.wakes_at_ms()), (Some("completed"), None));
}

#[test]
fn a_branch_that_runs_says_so() {
    let both = TestActor::<Both>::create().unwrap();
    let running = json!({"number": {"status": "running"}, "text": {"status": "running"}});
    assert_eq!(entry(&remains(&both), "both")["branches"], running);
}

#[derive(Default, Serialize, Deserialize)]
struct Half {
    seen: Vec<String>,
}

async fn mark(flow: &Workflow<Half>, name: &str) -> Result<()> {
    flow.step(name, async |step| step.update(|half| half.seen.push(name.to_owned())).await).await
}

#[actor(name = "half")]
impl Half {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let failed = flow
            .try_block("try", async |flow| {
                flow.join(
                    "half",
                    (
                        flow.branch("bad", async |flow| {
                            mark(flow, "before").await?;
                            Err::<(), _>(UserError::new("no").into())
                        }),
                        flow.branch("good", async |flow| {
                            flow.sleep("nap", SECOND).await?;
                            mark(flow, "after").await
                        }),
                    ),
                )
                .await
            })
            .await?;
        let failure = failed.unwrap_err();
        let seen = format!("{:?} {} {}", failure.source, failure.name, failure.error);
        mark(flow, &seen).await?;
        flow.race(
            "none",
            [
                flow.branch("a", async |_| Err::<(), _>(UserError::new("no").into())),
                flow.branch("b", async |flow| {
                    flow.sleep("nap", SECOND).await?;
                    Err(UserError::new("neither").into())
                }),
            ],
        )
        .await
        .map(drop)
    }
}

#[test]
fn failures_are_told_when_all_have_ended() {
    let left = survives(|| TestActor::<Half>::create().unwrap());
    let join = "Join half workflow.join_failed: the join `half`: bad: user.user_error: no";
    let Value::Array(seen) = &left.saved["seen"] else { unreachable!() };
    assert_eq!((&seen[0], &seen[1], seen.len()), (&json!("before"), &json!("after"), 3));
    assert!(seen[2].as_str().unwrap().starts_with(join), "{seen:?}");
    assert_eq!(entry(&left, "try/half")["branches"]["bad"]["status"], "failed");
    let race = left.error.unwrap();
    assert!(race.starts_with("workflow.race_failed: the race `none`: a: "), "{race}");
    assert!(race.contains("neither"));
}

#[derive(Default, Serialize, Deserialize)]
struct First {
    seen: Vec<String>,
}

async fn pass(flow: &Workflow<First>, name: &str) -> Result<()> {
    flow.step(name, async |step| step.update(|first| first.seen.push(name.to_owned())).await).await
}

#[actor(name = "first")]
impl First {
    async fn workflow(flow: &Workflow<Self>) -> Result<(String, u32)> {
        flow.race(
            "fastest",
            [
                flow.branch("slow", async |flow| {
                    pass(flow, "slow 1").await?;
                    flow.sleep("nap", 5 * SECOND).await?;
                    pass(flow, "slow 2").await?;
                    Ok(1)
                }),
                flow.branch("fails", async |_| Err(UserError::new("out").into())),
                flow.branch("fast", async |flow| {
                    pass(flow, "fast 1").await?;
                    flow.sleep("nap", SECOND).await?;
                    pass(flow, "fast 2").await?;
                    pass(flow, "fast 3").await?;
                    pass(flow, "fast 4").await?;
                    Ok(2)
                }),
            ],
        )
        .await
    }
}

#[test]
fn the_first_wins_and_nothing_is_left_of_the_others() {
    let left = survives(|| TestActor::<First>::create().unwrap());
    assert_eq!(left.output, json!(["fast", 2]));
    assert_eq!(left.saved["seen"], json!(["slow 1", "fast 1", "fast 2", "fast 3", "fast 4"]));
    let of_the_winner =
        ["fast 1", "fast 2", "fast 3", "fast 4", "nap"].map(|name| format!("fastest/fast/{name}"));
    assert_eq!(
        (paths(&left)[0], &paths(&left)[1..]),
        ("fastest", &of_the_winner.each_ref().map(String::as_str)[..])
    );
    let race = entry(&left, "fastest");
    assert_eq!((&race["winner"], &race["branches"]["fast"]["output"]), (&json!("fast"), &json!(2)));
    assert_eq!(race["branches"]["fails"]["status"], "failed");
}

#[test]
fn who_wins_does_not_depend_on_when_the_actor_is_up() {
    // From when both sleep.
    for turns in 1..5 {
        let mut first = TestActor::<First>::create().unwrap();
        for _ in 0..turns {
            assert!(first.step());
        }
        first.restart_after(Duration::from_secs(3_600)).unwrap();
        let left = run_out(&mut first);
        assert_eq!(left.output, json!(["fast", 2]), "after {turns} turns");
        assert_eq!(left.saved["seen"], json!(["slow 1", "fast 1", "fast 2", "fast 3", "fast 4"]));
    }
}
