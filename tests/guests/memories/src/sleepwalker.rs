//! Waits in the middle of a loop, with variables of its own on the way.

use std::cell::RefCell;
use std::time::Duration;

use rivet_guest::{Ctx, Result, This, actor};
use serde::{Deserialize, Serialize};

/// Longer than it is ever asked for: it gets there only because time goes on while it sleeps.
const STEP: Duration = Duration::from_millis(250);

#[derive(Default, Serialize, Deserialize)]
pub struct Sleepwalker {
    #[serde(skip)]
    seen: RefCell<Vec<String>>,
}

#[actor]
impl Sleepwalker {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        // Lives on the suspended future alone.
        let mut local = vec!["start".to_owned()];
        for step in 0u64.. {
            ctx.sleep(STEP).await?;
            local.push(format!("step {step}"));
            let seen = local.clone();
            this.read(|actor| *actor.seen.borrow_mut() = seen).await?;
        }
        Ok(())
    }

    /// What the loop has seen.
    pub fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }
}
