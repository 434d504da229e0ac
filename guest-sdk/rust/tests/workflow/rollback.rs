//! Workflows that fail and undo what they did.

use rivet_guest::testing::TestActor;
use rivet_guest::{CriticalError, Loop, Result, UserError, Workflow, WorkflowEvent, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{entry, run_out, survives};

#[derive(Default, Serialize, Deserialize)]
struct Trip {
    how: String,
    seen: Vec<String>,
    events: Vec<Value>,
}

#[actor(name = "trip")]
impl Trip {
    fn create_state(how: String) -> Self {
        Self { how, ..Self::default() }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        book(flow, "early", false).await?;
        flow.rollback_checkpoint("undo").await?;
        book(flow, "flight", true).await?;
        flow.join(
            "together",
            [
                flow.branch("a", async |flow| book(flow, "car", true).await),
                flow.branch("b", async |flow| book(flow, "hotel", true).await),
            ],
        )
        .await?;
        flow.iterate("tickets", 0, async |flow, n| {
            book(flow, &format!("ticket {n}"), true).await?;
            Ok(if n < 1 { Loop::Continue(n + 1) } else { Loop::Break(()) })
        })
        .await?;
        flow.try_block("block", async |flow| book(flow, "in a block", true).await).await?.unwrap();
        flow.race("race", [flow.branch("only", async |flow| book(flow, "in a race", true).await)]).await?;
        flow.step("pay", async |step| {
            step.update(|trip| trip.seen.push("pay".to_owned())).await?;
            Err::<(), _>(CriticalError::new("no money").into())
        })
        .rollback(async |step, ()| step.update(|trip| trip.seen.push("never".to_owned())).await)
        .await
    }

    pub fn repair(&mut self) {
        self.how.clear();
    }

    fn on_workflow_error(&mut self, error: &WorkflowEvent) -> Result<()> {
        self.events.push(serde_json::to_value(error)?);
        Ok(())
    }
}

async fn book(flow: &Workflow<Trip>, what: &str, undoes: bool) -> Result<()> {
    let step = flow.step(what, async |step| {
        step.update(|trip| trip.seen.push(what.to_owned())).await?;
        Ok(what.to_owned())
    });
    if !undoes {
        return step.await.map(drop);
    }
    step.rollback(async |step, booked: String| {
        let broken = step.read(|trip| trip.how == booked).await?;
        if broken {
            return Err(UserError::new("the handler is broken").into());
        }
        step.update(|trip| trip.seen.push(format!("undo {booked} of {}", step.id().len()))).await
    })
    .await
    .map(drop)
}

fn trip(how: &'static str) -> impl FnMut() -> TestActor<Trip> {
    move || TestActor::create_with(how).unwrap()
}

fn undone(seen: &Value) -> Vec<&str> {
    let seen = seen.as_array().unwrap().iter().map(|seen| seen.as_str().unwrap());
    seen.filter_map(|seen| seen.strip_prefix("undo ")?.split(" of").next()).collect()
}

const REVERSE: [&str; 7] = ["in a race", "in a block", "ticket 1", "ticket 0", "hotel", "car", "flight"];

#[test]
fn what_was_done_is_undone_from_the_last_to_the_first_and_once() {
    let left = survives(trip(""));
    assert_eq!(undone(&left.saved["seen"]), REVERSE);
    assert_eq!(left.saved["seen"].as_array().unwrap().len(), 8 + 1 + 7);
    assert_eq!(
        (left.state.as_str(), left.error.as_deref()),
        ("failed", Some("workflow.critical_error: no money"))
    );
    assert_eq!(entry(&left, "flight")["rollbackCompletedAt"], "..");
    assert_eq!(entry(&left, "early").get("rollbackCompletedAt"), None);
    assert_eq!(entry(&left, "flight")["output"], "flight");
}

#[test]
fn the_workflow_is_told_of_when_all_is_undone() {
    let mut actor = trip("")();
    while undone(&actor.saved_state::<Value>().unwrap()["seen"]).is_empty() {
        assert!(actor.step());
    }
    assert_eq!(actor.workflow_state().as_deref(), Some("rolling_back"));
    assert_eq!(actor.saved_state::<Trip>().unwrap().events.len(), 1);
    let left = run_out(&mut actor);
    assert_eq!(left.saved["events"].as_array().unwrap().len(), 2);
    assert_eq!(left.saved["events"][1]["workflow"]["error"]["code"], "critical_error");
}

#[test]
fn a_handler_that_fails_is_tried_again_at_the_next_start() {
    let mut actor = trip("hotel")();
    let left = run_out(&mut actor);
    assert_eq!((left.state.as_str(), actor.is_running(), actor.wakes_at_ms()), ("rolling_back", false, None));
    assert_eq!(undone(&left.saved["seen"]), REVERSE[..4]);
    assert_eq!(entry(&left, "together/b/hotel")["rollbackError"], "user.user_error: the handler is broken");
    assert_eq!(left.saved["events"][1]["rollback"]["stepName"], "hotel");

    actor.call::<()>("repair", ()).unwrap();
    actor.restart().unwrap();
    let left = run_out(&mut actor);
    assert_eq!((left.state.as_str(), undone(&left.saved["seen"]).as_slice()), ("failed", &REVERSE[..]));
    assert_eq!(entry(&left, "together/b/hotel").get("rollbackError"), None);
}

#[derive(Default, Serialize, Deserialize)]
struct Careless {
    runs: u32,
}

#[actor(name = "careless")]
impl Careless {
    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.step("book", async |step| step.update(|careless| careless.runs += 1).await)
            .rollback(async |_, ()| Ok(()))
            .await
    }
}

#[test]
fn a_handler_needs_a_checkpoint() {
    let left = survives(|| TestActor::<Careless>::create().unwrap());
    let error = "workflow.rollback_checkpoint_missing: the step `book` has a rollback handler, and there is no rollback \
                 checkpoint before it";
    assert_eq!((left.state.as_str(), left.error.as_deref()), ("failed", Some(error)));
    assert_eq!(left.saved, json!({"runs": 0}));
}
