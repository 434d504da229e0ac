use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

use crate::peer::peer;

/// Asks another actor, before it has started, for something that comes back to it.
#[derive(Default, Serialize, Deserialize)]
pub struct Early {
    seen: Vec<String>,
}

#[actor(name = "early")]
impl Early {
    async fn on_wake(&mut self, ctx: &Ctx) -> Result<()> {
        let key = ctx.key().join("/");
        let asked = peer(ctx, "p").call::<Vec<String>>("askEarly", &(key,)).await;
        self.seen.extend(asked.err().map(|error| format!("{}.{}", error.group(), error.code())));
        Ok(())
    }

    /// What has gone wrong.
    pub fn seen(&self) -> Vec<String> {
        self.seen.clone()
    }
}
