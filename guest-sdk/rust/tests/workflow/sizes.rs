//! What is too large to be kept.

use rivet_guest::testing::TestActor;
use rivet_guest::{CriticalError, Loop, Result, UserError, Workflow, WorkflowEvent, actor};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{entry, run_out, survives};

const LIMIT: usize = 262_144;

#[derive(Default, Serialize, Deserialize)]
struct Large {
    how: String,
    undone: u32,
    told: Vec<String>,
}

#[actor(name = "large")]
impl Large {
    fn create_state(how: String) -> Self {
        Self { how, ..Self::default() }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<String> {
        flow.rollback_checkpoint("undo").await?;
        let how = flow
            .step("how", async |step| {
                let how = step.read(|large| large.how.clone()).await?;
                // With the rest of its entry as much as there is room for.
                let most = LIMIT - 150;
                let filler = if how == "undo" { "x".repeat(most) } else { String::new() };
                Ok((how, filler))
            })
            .rollback(async |step, _how: (String, String)| step.update(|large| large.undone += 1).await)
            .await?
            .0;
        match how.as_str() {
            "output" => Ok("x".repeat(LIMIT)),
            "error" => Err(UserError::new("\u{e4}".repeat(LIMIT)).into()),
            "step" => {
                flow.step("fail", async |_| Err(UserError::new("x".repeat(LIMIT)).into()))
                    .max_retries(0)
                    .await
            }
            _ => Err(UserError::new("no").into()),
        }
    }

    fn on_workflow_error(&mut self, error: &WorkflowEvent) -> Result<()> {
        if let WorkflowEvent::Workflow { error, .. } = error {
            self.told.push(error.code().to_owned());
        }
        Ok(())
    }
}

fn large(how: &'static str) -> impl FnMut() -> TestActor<Large> {
    move || TestActor::create_with(how).unwrap()
}

#[test]
fn an_output_or_an_error_that_is_too_large_fails_the_workflow_once() {
    for (how, code, len_bytes) in [
        ("output", "value_too_large", 0..100),
        ("error", "user_error", 4_000..4_200),
        ("step", "step_exhausted", 4_000..4_200),
    ] {
        let left = survives(large(how));
        assert_eq!((left.state.as_str(), &left.saved["undone"]), ("failed", &json!(1)), "{how}");
        assert_eq!(left.saved["told"], json!([code]));
        let error = left.error.unwrap();
        assert!(error.contains(code) && len_bytes.contains(&error.len()), "{how}: {error}");
    }
}

#[test]
fn what_was_undone_is_marked_even_if_there_is_no_room_for_it() {
    let mut actor = large("undo")();
    let left = run_out(&mut actor);
    assert_eq!((left.state.as_str(), &left.saved["undone"]), ("failed", &json!(1)));
    let how = entry(&left, "how");
    assert_eq!((&how["rollbackCompletedAt"], how.get("output")), (&Value::from(".."), None));
    assert_eq!(survives(large("undo")).saved, left.saved);
}

#[derive(Default, Serialize, Deserialize)]
struct Full {
    last_bytes: usize,
    undone: u32,
}

#[actor(name = "full")]
impl Full {
    fn create_state(last_bytes: usize) -> Self {
        Self { last_bytes, undone: 0 }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.rollback_checkpoint("undo").await?;
        flow.step("book", async |_| Ok(()))
            .rollback(async |step, ()| step.update(|full| full.undone += 1).await)
            .await?;
        for n in 0..64 {
            flow.step(format!("{n}"), async |_| Ok("x".repeat(258_000))).await?;
        }
        flow.step("last", async |step| step.read(|full| "x".repeat(full.last_bytes)).await).await?;
        flow.sleep("pause", std::time::Duration::from_secs(60)).await
    }
}

#[test]
fn what_was_undone_is_marked_even_if_the_history_is_full() {
    let mut full = TestActor::<Full>::create_with(0).unwrap();
    while full.workflow_state().as_deref() != Some("sleeping") {
        assert!(full.step());
    }
    let history = full.workflow_history().into_iter().filter(|(path, _)| path != "pause");
    let len_bytes: usize = history.map(|(path, entry)| path.len() + cbor_len(&entry)).sum();
    // A long text has 4 bytes more before it than a short one.
    let room_bytes = (16 << 20) - len_bytes - 4;

    let mut full = TestActor::<Full>::create_with(room_bytes).unwrap();
    let left = run_out(&mut full);
    assert_eq!(left.error.as_deref(), Some("workflow.history_too_large: the history has no room"));
    assert_eq!((left.state.as_str(), &left.saved["undone"]), ("failed", &json!(1)));
    assert_eq!(entry(&left, "book")["rollbackCompletedAt"], "..");
}

fn cbor_len(value: &Value) -> usize {
    serde_cbor::to_vec(value).unwrap().len()
}

#[derive(Default, Serialize, Deserialize)]
struct Collects {
    undoes: bool,
    undone: u32,
}

#[actor(name = "collects")]
impl Collects {
    fn create_state(undoes: bool) -> Self {
        Self { undoes, undone: 0 }
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        let undoes = flow.step("undoes", async |step| step.read(|collects| collects.undoes).await).await?;
        let round =
            async |flow: &Workflow<Self>, mut all: Vec<String>| -> Result<Loop<Vec<String>, String>> {
                if undoes {
                    flow.rollback_checkpoint("undo").await?;
                    flow.step("book", async |_| Ok(()))
                        .rollback(async |step, ()| step.update(|collects| collects.undone += 1).await)
                        .await?;
                }
                all.push("x".repeat(25_000));
                Ok(if all.len() < 5 { Loop::Continue(all) } else { Loop::Break(all.concat()) })
            };
        flow.iterate("collect", Vec::new(), round).history_prune_interval(2).await?;
        flow.step("pay", async |_| Err(CriticalError::new("no").into())).await
    }
}

#[test]
fn a_loop_that_undoes_nothing_keeps_only_its_last_state_beside_its_output() {
    let left = survives(|| TestActor::<Collects>::create_with(false).unwrap());
    assert_eq!(left.error.as_deref(), Some("workflow.critical_error: no"));
    let left = survives(|| TestActor::<Collects>::create_with(true).unwrap());
    assert!(left.error.unwrap().starts_with("workflow.value_too_large: "));
    assert_eq!(left.saved["undone"], 3);
}

/// Arrays in each other, with nothing in the innermost.
fn nested(depth: usize) -> Value {
    (1..depth).fold(json!([]), |inner, _| json!([inner]))
}

#[derive(Default, Serialize, Deserialize)]
struct Deep {
    seen: Vec<String>,
}

#[actor(name = "deep", queues("job"))]
impl Deep {
    async fn workflow(flow: &Workflow<Self>) -> Result<Value> {
        let mut codes = Vec::new();
        for n in 0..2 {
            let job = flow.queue(format!("job {n}")).next().await?;
            let code = job.body::<Value>().err().map(|error| error.code().to_owned());
            flow.step(format!("saw {n}"), async |step| {
                step.update(|deep| deep.seen.push(format!("{n}"))).await
            })
            .await?;
            codes.push(code);
        }
        let failed = flow.try_step("deep", async |_| Ok(nested(127))).max_retries(0).await?;
        let kind = failed.err().map(|failure| failure.error.code().to_owned());
        flow.step("last", async |_| Ok(())).await?;
        Ok(json!([codes, kind]))
    }
}

#[test]
fn what_nests_too_deep_is_refused_before_it_is_relied_on() {
    let left = survives(|| {
        let mut deep = TestActor::<Deep>::create().unwrap();
        for depth in [126, 100] {
            deep.publish("job", nested(depth)).unwrap().unwrap();
        }
        deep
    });
    assert_eq!(left.saved["seen"], json!(["0", "1"]));
    assert_eq!(left.output, json!([["value_too_deep", null], "value_too_deep"]));
}
