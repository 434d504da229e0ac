//! Counts, until it asks for its end.

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Mortal {
    count: u64,
}

#[actor]
impl Mortal {
    pub fn add(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    pub fn die(&mut self, ctx: &Ctx) -> Result<String> {
        self.count += 1;
        ctx.kv().put("last", "words")?;
        ctx.destroy()?;
        Ok("bye".to_owned())
    }

    fn on_destroy(&mut self, ctx: &Ctx) {
        ctx.log().info(format!("farewell of {:?} at {}", ctx.key(), self.count));
    }
}
