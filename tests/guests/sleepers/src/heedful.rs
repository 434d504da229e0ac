//! Ends what it does by itself when it is to sleep, and begins it again when it wakes.

use rivet_guest::{Ctx, This, Wake, actor};
use serde::{Deserialize, Serialize};

use crate::log;

#[derive(Default, Serialize, Deserialize)]
pub struct Heedful {}

#[actor]
impl Heedful {
    async fn run(ctx: &Ctx, _this: This<Self>) {
        log::note(format!("run {}", if ctx.wake() == Wake::Cold { "cold" } else { "from memory" }));
        ctx.aborted().await;
        log::note("run ends");
    }

    pub fn log(&self) -> Vec<String> {
        log::lines()
    }
}
