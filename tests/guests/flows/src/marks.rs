//! What workflows need whose code changes.

use rivet_guest::{Ctx, EntryKind, Result, Workflow, actor};
use serde_json::Value;

use crate::diary::{diary, look, migrate, see};

diary!(Marks);

#[actor]
impl Marks {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        migrate(ctx)
    }

    async fn workflow(flow: &Workflow<Self>) -> Result<u32> {
        let version = flow.version("version", 3).await?;
        see(flow, &format!("version {version}")).await?;
        flow.removed("old", EntryKind::Step).await?;
        see(flow, "last").await?;
        Ok(version)
    }

    pub fn look(&self, ctx: &Ctx) -> Result<Value> {
        look(ctx, &self.seen)
    }
}
