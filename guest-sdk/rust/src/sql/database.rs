//! Statements and transactions.

use serde::de::DeserializeOwned;

use super::row::Row;
use super::{SqlParams, SqlValue};
use crate::host::sql;
use crate::{Error, Result};

/// The actor's SQL database: SQLite, with all of its SQL but `ATTACH`, `VACUUM`, extensions and most pragmas.
///
/// What is written commits with the turn, together with the state and all else: a panic undoes it, whatever SQL has
/// committed. A transaction ends with its turn, so it cannot wait for anything. Fails with errors of the group `sqlite`
/// (`constraint`, `full`, `error`, ...), which callers see as `core.internal_error`.
#[derive(Clone, Debug)]
pub struct Sql {
    _private: (),
}

/// What a text of SQL has given.
#[derive(Clone, Debug, PartialEq)]
pub struct SqlRows {
    /// The names of the columns, in order; two may be alike.
    pub columns: Vec<String>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<SqlValue>>,
    /// Rows that were inserted, changed or deleted, by triggers and foreign keys, too.
    pub changes: u64,
    /// The row id that was inserted last.
    pub last_insert_rowid: i64,
}

/// The savepoint of a transaction. Inner ones have the same name: the innermost counts.
const TRANSACTION: &str = "__rivet_transaction";
/// The savepoint of `on_migrate` (semantics.md of Rivet 2.3.19, section 9).
pub(crate) const ON_MIGRATE: &str = "__rivet_on_migrate";

impl Sql {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// Runs a text of SQL: one statement, or without parameters also several, of which the last one that gives rows
    /// counts.
    pub fn execute(&self, sql: &str, params: impl SqlParams) -> Result<SqlRows> {
        let rows = sql::execute(sql, &params.into_params())?;
        Ok(SqlRows {
            columns: rows.columns,
            rows: rows.rows.into_iter().map(|row| row.into_iter().map(SqlValue::from).collect()).collect(),
            changes: rows.changes,
            last_insert_rowid: rows.last_insert_rowid,
        })
    }

    /// The rows of a query: a struct or a map takes the columns by name, a tuple in their order, a number, text or
    /// `Option` the only one. `Vec<u8>` takes a blob in a struct or a tuple. Fails when a row is of another shape.
    pub fn query<T: DeserializeOwned>(&self, sql: &str, params: impl SqlParams) -> Result<Vec<T>> {
        let SqlRows { columns, rows, .. } = self.execute(sql, params)?;
        let read = |values| T::deserialize(Row { columns: &columns, values }).map_err(Error::from);
        rows.into_iter().map(read).collect()
    }

    /// The first row of a query, if it gives any; see [`Sql::query`].
    pub fn query_one<T: DeserializeOwned>(&self, sql: &str, params: impl SqlParams) -> Result<Option<T>> {
        let SqlRows { columns, rows, .. } = self.execute(sql, params)?;
        let read = |values| T::deserialize(Row { columns: &columns, values }).map_err(Error::from);
        rows.into_iter().next().map(read).transpose()
    }

    /// Does all of the work, or nothing if it fails. Inside another transaction it is a part of that one.
    pub fn transaction<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.within(TRANSACTION, work)
    }

    /// Brings the database to the newest version: each step once, in its order, in a transaction of its own, counted in
    /// `PRAGMA user_version`. New versions add steps at the end. For `on_migrate`.
    ///
    /// Fails when a step does, and when the database is of a later version than these steps make.
    pub fn migrate(&self, steps: &[&str]) -> Result<()> {
        let done: usize = self.query_one("PRAGMA user_version", ())?.unwrap_or_default();
        if done > steps.len() {
            return Err(Error::internal(format_args!(
                "the database has version {done}, and this actor knows {}: it was written by a later one",
                steps.len()
            )));
        }
        for (step, version) in steps.iter().zip(1..).skip(done) {
            self.transaction(|sql| {
                sql.execute(step, ())?;
                sql.execute(&format!("PRAGMA user_version = {version}"), ())
            })?;
        }
        Ok(())
    }

    pub(crate) fn within<T>(&self, savepoint: &str, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        self.execute(&format!("SAVEPOINT {savepoint}"), ())?;
        let outcome = work(self).and_then(|done| {
            self.execute(&format!("RELEASE {savepoint}"), ())?;
            Ok(done)
        });
        if outcome.is_err() {
            // Where SQLite has rolled all back, the savepoint is gone.
            let _gone = self.execute(&format!("ROLLBACK TO {savepoint}; RELEASE {savepoint}"), ());
        }
        outcome
    }
}
