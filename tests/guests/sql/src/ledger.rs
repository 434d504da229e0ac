//! One row a call, and nothing else: for measuring.

use rivet_guest::{Ctx, Result, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Ledger;

#[actor]
impl Ledger {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        ctx.sql().migrate(&["CREATE TABLE entries (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)"])
    }

    pub fn insert(&self, ctx: &Ctx, amount: i64) -> Result<i64> {
        let inserted = ctx.sql().execute("INSERT INTO entries (amount) VALUES (?)", [amount])?;
        Ok(inserted.last_insert_rowid)
    }

    /// The newest entry's amount.
    pub fn newest(&self, ctx: &Ctx) -> Result<Option<i64>> {
        ctx.sql().query_one("SELECT amount FROM entries ORDER BY id DESC LIMIT 1", ())
    }

    /// Asks the database for nothing.
    pub fn nothing(&self) -> Option<i64> {
        None
    }
}
