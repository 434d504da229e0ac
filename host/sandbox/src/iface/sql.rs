//! `rivet:actor/sql`.

use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{ActorError, Clock, limits};
use rivet_store::{SqlDatabase, SqlError, SqlParams, SqlRows, SqlSettings, SqlTurn, SqlValue};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::bindings::rivet::actor::sql::{Host, Params, Rows, Value};
use crate::bindings::rivet::actor::types::Error;
use crate::budget::Exhausted;
use crate::guest::Guest;
use crate::iface::inside::{Inside, ROOM_BYTES, host_fault, turn_too_large};
use crate::iface::to_wit;
use crate::log_lines::Level;

impl Host for Guest {
    fn execute(&mut self, sql: String, params: Params) -> wasmtime::Result<Result<Rows, Error>> {
        let (params, begun) = (params.into(), self.clock.monotonic());
        let outcome = self.inside.sql_execute(&self.clock, self.budget.time_left(), &sql, &params);
        // The clock ticks on for the guest, but nobody counts the ticks while the host computes.
        self.budget.spend_aside(self.clock.monotonic().saturating_sub(begun))?;
        Ok(outcome?.map(Rows::from).map_err(to_wit))
    }
}

impl Inside {
    /// Runs a text of SQL. The outer error ends the turn, the inner one is the guest's.
    fn sql_execute(
        &mut self,
        clock: &Arc<dyn Clock>,
        budget: Duration,
        sql: &str,
        params: &SqlParams,
    ) -> wasmtime::Result<Result<SqlRows, ActorError>> {
        if let Err(error) = self.overlay() {
            return Ok(Err(error));
        }
        let Some(overlay) = &mut self.overlay else { return Ok(Ok(SqlRows::default())) };
        let settings =
            SqlSettings { actor: self.identity.actor, max_bytes: self.sql_max_bytes, clock: clock.clone() };
        let outcome = match &mut self.sql {
            Some(database) => Ok(database),
            none => SqlDatabase::open(overlay, settings).map(|database| none.insert(Box::new(database))),
        };
        let begun = clock.monotonic();
        let mut turn = SqlTurn { room_bytes: ROOM_BYTES, budget, glance: can_step_aside().then_some(GLANCE) };
        let outcome = outcome.and_then(|database| match database.execute(overlay, turn, sql, params) {
            Err(SqlError::Slow) => tokio::task::block_in_place(|| {
                let spent = clock.monotonic().saturating_sub(begun);
                (turn.glance, turn.budget) = (None, budget.saturating_sub(spent));
                database.execute(overlay, turn, sql, params)
            }),
            outcome => outcome,
        });
        outcome.map_or_else(guest_error, |rows| Ok(Ok(rows)))
    }

    /// Ends what SQL has begun in this turn.
    pub(super) fn end_sql(&mut self) -> wasmtime::Result<()> {
        let (Some(database), Some(overlay)) = (&mut self.sql, &mut self.overlay) else { return Ok(()) };
        let was_open = database.end_turn(overlay, ROOM_BYTES).map_err(host_fault)?;
        if database.is_to_go() {
            self.sql = None;
        }
        if was_open {
            self.log(
                Level::Warn,
                "the turn ended within a SQL transaction, which was rolled back: commit it in the turn that begins it",
            );
        }
        Ok(())
    }
}

/// How long a statement may keep the thread from other actors. To leave it to them beforehand would cost more than most
/// statements take.
const GLANCE: Duration = Duration::from_millis(limits::SQL_GLANCE_MS);

/// Whether the thread's other work can go on elsewhere.
fn can_step_aside() -> bool {
    Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
}

/// Tells the errors that the guest can deal with from those that end the turn.
fn guest_error<T>(error: SqlError) -> wasmtime::Result<Result<T, ActorError>> {
    match error {
        SqlError::Refused { code, message } => Ok(Err(ActorError::new("sqlite", code, message))),
        SqlError::TurnFull => Ok(Err(turn_too_large())),
        SqlError::OutOfTime => Err(Exhausted::Cpu.into()),
        other => Err(host_fault(other)),
    }
}

impl From<Params> for SqlParams {
    fn from(params: Params) -> Self {
        match params {
            Params::Positional(values) => Self::Positional(values.into_iter().map(SqlValue::from).collect()),
            Params::Named(values) => {
                Self::Named(values.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
        }
    }
}

impl From<Value> for SqlValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(integer) => Self::Integer(integer),
            Value::Real(real) => Self::Real(real),
            Value::Text(text) => Self::Text(text),
            Value::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl From<SqlValue> for Value {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Null => Self::Null,
            SqlValue::Integer(integer) => Self::Integer(integer),
            SqlValue::Real(real) => Self::Real(real),
            SqlValue::Text(text) => Self::Text(text),
            SqlValue::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl From<SqlRows> for Rows {
    fn from(rows: SqlRows) -> Self {
        let SqlRows { columns, rows, changes, last_insert_rowid } = rows;
        let rows = rows.into_iter().map(|row| row.into_iter().map(Value::from).collect()).collect();
        Self { columns, rows, changes, last_insert_rowid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::{Workbench, nobody};
    use rivet_ground::{ManualClock, SystemClock};

    fn execute(inside: &mut Inside, sql: &str) -> Result<SqlRows, String> {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(0));
        let budget = Duration::from_millis(limits::TURN_CPU_MS);
        let outcome = inside.sql_execute(&clock, budget, sql, &SqlParams::NONE).unwrap();
        outcome.map_err(|error| error.path())
    }

    fn count(inside: &mut Inside) -> Vec<Vec<SqlValue>> {
        execute(inside, "SELECT count(*) FROM t").unwrap().rows
    }

    #[test]
    fn an_actor_without_sql_has_no_connection_and_one_that_describes_itself_no_data() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.end_turn(true).unwrap();
        assert!(inside.sql.is_none());
        assert_eq!(execute(&mut nobody(), "SELECT 1"), Err("actor.invalid_operation".to_owned()));
    }

    #[test]
    fn what_a_turn_drops_the_connection_forgets() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        execute(&mut inside, "CREATE TABLE t (a)").unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        execute(&mut inside, "INSERT INTO t VALUES (1)").unwrap();
        inside.drop_turn();
        assert_eq!(count(&mut inside), [[SqlValue::Integer(0)]]);
        // A transaction that is left open is as if it had not been, and the log says so.
        execute(&mut inside, "BEGIN; INSERT INTO t VALUES (1)").unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        assert_eq!(count(&mut inside), [[SqlValue::Integer(0)]]);
        assert_eq!(count(&mut bench.inside()), [[SqlValue::Integer(0)]]);
    }

    #[test]
    fn all_that_a_turn_writes_is_within_one_limit() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        execute(&mut inside, "CREATE TABLE t (a)").unwrap();
        let written = inside.overlay().unwrap().len_bytes();
        let kv = rivet_store::Table::Kv;
        inside.overlay().unwrap().put(kv, vec![1], vec![0; ROOM_BYTES - written - 100]);
        let insert = "INSERT INTO t VALUES (zeroblob(9000))";
        assert_eq!(execute(&mut inside, insert), Err("actor.turn_too_large".to_owned()));
        inside.overlay().unwrap().put(kv, vec![1], vec![0; 100]);
        execute(&mut inside, insert).unwrap();
        assert_eq!(count(&mut inside), [[SqlValue::Integer(1)]]);
    }

    #[test]
    fn a_statement_past_the_budget_ends_the_turn() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let forever =
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
        let trap =
            inside.sql_execute(&clock, Duration::from_millis(5), forever, &SqlParams::NONE).unwrap_err();
        assert!(trap.downcast_ref::<Exhausted>().is_some(), "{trap:#}");
    }
}
