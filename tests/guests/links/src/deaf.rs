//! Has no hook at all: whoever comes is let in without a turn.

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Deaf;

#[actor]
impl Deaf {
    pub fn hello(&self) -> String {
        "hello".to_owned()
    }

    /// Broadcasts `shout` with the text.
    pub fn shout(&self, ctx: &Ctx, text: String) -> Result<()> {
        ctx.broadcast_named("shout", &[text])
    }
}
