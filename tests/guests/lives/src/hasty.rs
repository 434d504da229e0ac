//! Promises answers sooner than it gives them.

use std::time::Duration;

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Hasty {
    finished: u64,
}

#[actor(action_timeout_ms = 1_000)]
impl Hasty {
    /// Takes longer than its callers wait.
    pub async fn dawdle(&mut self, ctx: &Ctx) -> Result<String> {
        ctx.sleep(Duration::from_millis(1_500)).await?;
        self.finished += 1;
        Ok("at last".to_owned())
    }

    pub fn finished(&self) -> u64 {
        self.finished
    }
}
