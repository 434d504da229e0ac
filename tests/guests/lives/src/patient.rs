//! Waits: beside others where it takes `&self`, alone where it takes `&mut self`.

use std::cell::Cell;
use std::time::Duration;

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

const LOOK_EVERY: Duration = Duration::from_millis(5);
const STEP: Duration = Duration::from_millis(20);

#[derive(Default, Serialize, Deserialize)]
pub struct Patient {
    steps: u64,
    /// Whether a step is between its two halves.
    stepping: bool,
    #[serde(skip)]
    open: Cell<bool>,
}

#[actor]
impl Patient {
    /// Answers once `open` was called: never, unless the two run beside each other.
    pub async fn pass(&self, ctx: &Ctx) -> Result<String> {
        ctx.log().info("somebody waits at the gate");
        while !self.open.get() {
            ctx.sleep(LOOK_EVERY).await?;
        }
        Ok("passed".to_owned())
    }

    pub fn open(&self) {
        self.open.set(true);
    }

    /// Counts in two halves with a wait between them.
    pub async fn step(&mut self, ctx: &Ctx) -> Result<u64> {
        let before = self.steps;
        self.stepping = true;
        ctx.sleep(STEP).await?;
        self.stepping = false;
        self.steps = before + 1;
        Ok(self.steps)
    }

    /// Whether a step is in the middle: nobody may see that.
    pub fn stepping(&self) -> bool {
        self.stepping
    }
}
