//! Counts its starts in a table that its hook makes; a start can be told to fail.

use rivet_guest::{Ctx, Result, UserError, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Migrant;

#[actor(snapshot = "none")]
impl Migrant {
    fn on_migrate(ctx: &Ctx, is_new: bool) -> Result<()> {
        ctx.sql().migrate(&["CREATE TABLE starts (is_new)"])?;
        ctx.sql().execute("INSERT INTO starts VALUES (?)", [is_new])?;
        if ctx.kv().get("fail")?.is_some() {
            // Outside of the database, so this stands.
            ctx.kv().delete("fail")?;
            return Err(UserError::new("not this time").with_code("not_this_time").into());
        }
        Ok(())
    }

    fn on_create(&mut self, ctx: &Ctx) -> Result<()> {
        ctx.sql().execute("CREATE TABLE made_by_on_create (n); INSERT INTO starts VALUES ('created')", ())?;
        Ok(())
    }

    pub fn starts(&self, ctx: &Ctx) -> Result<Vec<rivet_guest::SqlValue>> {
        let rows =
            ctx.sql().query::<(rivet_guest::SqlValue,)>("SELECT is_new FROM starts ORDER BY rowid", ())?;
        Ok(rows.into_iter().map(|(is_new,)| is_new).collect())
    }

    pub fn fail_next_start(&self, ctx: &Ctx) -> Result<()> {
        ctx.kv().put("fail", "1")
    }
}
