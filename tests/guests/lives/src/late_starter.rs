//! Fails its first starts: as many as its input says.

use std::time::Duration;

use rivet_guest::{Ctx, Result, UserError, actor};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub struct LateStarter {
    starts: u64,
}

#[actor]
impl LateStarter {
    async fn create_state(ctx: &Ctx, failures: Option<u64>) -> Result<Self> {
        let starts = ctx.kv().get_cbor("starts")?.unwrap_or(0) + 1;
        ctx.kv().put_cbor("starts", &starts)?;
        ctx.log().info(format!("start {starts} begins"));
        // The wait ends the turn, so the count stays; and it lets callers come in the middle of the start.
        ctx.sleep(Duration::from_millis(300)).await?;
        if starts <= failures.unwrap_or(u64::MAX) {
            return Err(UserError::new("Not yet.").with_code("not_yet").into());
        }
        Ok(Self { starts })
    }

    /// How many starts it took.
    pub fn starts(&self) -> u64 {
        self.starts
    }
}
