//! How long a step may take.

use std::time::Duration;

use rivet_guest::testing::TestActor;
use rivet_guest::{Ctx, Result, Workflow, actor};
use serde::{Deserialize, Serialize};

use crate::{entry, run_out};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Default, Serialize, Deserialize)]
struct Clocked {
    seen: Vec<String>,
}

#[actor(name = "clocked")]
impl Clocked {
    pub async fn occupy(&mut self, ctx: &Ctx) -> Result<()> {
        ctx.sleep(40 * SECOND).await
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<()> {
        flow.sleep("nap", SECOND).await?;
        let see = flow.step("see", async |step| {
            step.sleep(5 * SECOND).await?;
            step.update(|clocked| clocked.seen.push("one".to_owned())).await?;
            step.sleep(4 * SECOND).await?;
            step.update(|clocked| clocked.seen.push("two".to_owned())).await
        });
        see.timeout(10 * SECOND).await?;
        let slow = flow.step("slow", async |step| {
            step.sleep(5 * SECOND).await?;
            step.read(|clocked| clocked.seen.len()).await?;
            step.sleep(6 * SECOND).await
        });
        slow.timeout(10 * SECOND).await
    }
}

#[test]
fn the_clock_of_a_step_stands_still_while_others_have_the_actor() {
    let mut clocked = TestActor::<Clocked>::create().unwrap();
    clocked.advance(2 * SECOND);
    let call = clocked.send("occupy", ()).unwrap();
    clocked.advance(43 * SECOND);
    assert!(clocked.answer::<()>(call).unwrap().is_ok());
    assert_eq!(clocked.saved_state::<Clocked>().unwrap().seen, ["one"]);
    clocked.advance(SECOND);
    assert_eq!(clocked.saved_state::<Clocked>().unwrap().seen, ["one", "two"]);

    let call = clocked.send("occupy", ()).unwrap();
    let left = run_out(&mut clocked);
    assert!(clocked.answer::<()>(call).unwrap().is_ok());
    assert_eq!((left.state.as_str(), &entry(&left, "slow")["attempts"]), ("failed", &1.into()));
    assert!(left.error.unwrap().starts_with("workflow.step_timed_out: "));
}
