//! Traps in what it does by itself, again and again; and then no more.

use std::time::Duration;

use rivet_guest::{Ctx, Result, This, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Stumbler {
    starts: u64,
}

const FALLS: u64 = 4;

#[actor]
impl Stumbler {
    async fn run(ctx: &Ctx, this: This<Self>) -> Result<()> {
        let starts = this
            .update(|stumbler| {
                stumbler.starts += 1;
                stumbler.starts
            })
            .await?;
        // Past: whatever ends it, it wants to go on.
        ctx.wake_at(Some(1))?;
        ctx.sleep(Duration::ZERO).await?;
        assert!(starts > FALLS, "it stumbles");
        ctx.log().info(format_args!("it stands after {starts} starts"));
        ctx.wake_at(None)
    }

    pub fn starts(&self) -> u64 {
        self.starts
    }
}
