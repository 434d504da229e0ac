//! Runs any SQL, and breaks off in the middle of it.

use std::collections::BTreeMap;

use rivet_guest::{Ctx, Result, SqlNamed, SqlRows, SqlValue, UserError, actor};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Console {
    /// What `update_and_panic` would have changed.
    changes: u64,
}

/// The values of a statement's parameters, as clients give them.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Params {
    Positional(Vec<SqlValue>),
    Named(BTreeMap<String, SqlValue>),
}

type Row = BTreeMap<String, SqlValue>;

#[actor(name = "sql")]
impl Console {
    pub fn execute(&self, ctx: &Ctx, sql: String, params: Option<Params>) -> Result<Vec<Row>> {
        let sql = sql.as_str();
        let SqlRows { columns, rows, .. } = match params {
            None => ctx.sql().execute(sql, ())?,
            Some(Params::Positional(values)) => ctx.sql().execute(sql, values)?,
            Some(Params::Named(values)) => {
                ctx.sql().execute(sql, values.into_iter().collect::<SqlNamed>())?
            }
        };
        let object = |row: Vec<SqlValue>| columns.iter().cloned().zip(row).collect();
        Ok(rows.into_iter().map(object).collect())
    }

    /// Runs each of the texts in one transaction; fails at the end if it is told so.
    pub fn transact(&self, ctx: &Ctx, texts: Vec<String>, fail: bool) -> Result<()> {
        ctx.sql().transaction(|sql| {
            for text in &texts {
                sql.execute(text, ())?;
            }
            if fail { Err(UserError::new("as told").with_code("as_told").into()) } else { Ok(()) }
        })
    }

    /// Changes the state, runs a text in a transaction that commits, and panics.
    pub fn update_and_panic(&mut self, ctx: &Ctx, text: String) -> Result<()> {
        self.changes += 1;
        ctx.kv().put("changes", "1")?;
        ctx.sql().transaction(|sql| sql.execute(&text, ()))?;
        panic!("after the transaction");
    }

    pub fn changes(&self, ctx: &Ctx) -> Result<u64> {
        Ok(self.changes + u64::from(ctx.kv().get("changes")?.is_some()))
    }

    /// What the caller sees of the error that a text fails with, if it does: its path and its message.
    pub fn refusal(&self, ctx: &Ctx, text: String) -> Option<(String, String)> {
        let error = ctx.sql().execute(&text, ()).err()?;
        Some((format!("{}.{}", error.group(), error.code()), error.message().to_owned()))
    }

    /// Runs a text that fails for want of room, and looks at what is left in the same turn.
    pub fn fill(&self, ctx: &Ctx, text: String, look: String) -> Result<(Option<String>, Vec<i64>)> {
        let refused =
            ctx.sql().execute(&text, ()).err().map(|error| format!("{}.{}", error.group(), error.code()));
        Ok((refused, ctx.sql().query(&look, ())?))
    }

    pub fn destroy(&self, ctx: &Ctx) -> Result<()> {
        ctx.destroy()
    }
}
