//! The SQL database of a test's stand-in for the host: SQLite in memory, with the feature `test-sql`.

use super::{HostError, host};
use crate::bindings::component::rivet::actor::sql::{Params, Rows};

pub(crate) fn execute(sql: &str, params: &Params) -> Result<Rows, HostError> {
    host(|host| host.sql.execute(sql, params))
}

/// Rolls back the transaction that the turn has left open.
pub(crate) fn end_turn() {
    host(|host| {
        if host.sql.roll_back() {
            host.log.push("warn: the turn ended within a SQL transaction, which was rolled back".to_owned());
        }
    });
}

#[cfg(not(feature = "test-sql"))]
#[derive(Default)]
pub(crate) struct Database;

#[cfg(not(feature = "test-sql"))]
impl Database {
    #[allow(clippy::panic, reason = "this fails the test, as it must")]
    fn execute(&self, _: &str, _: &Params) -> Result<Rows, HostError> {
        panic!("SQL in tests needs the feature `test-sql` of `rivet-guest` among the dev-dependencies")
    }

    fn roll_back(&self) -> bool {
        false
    }
}

#[cfg(feature = "test-sql")]
pub(crate) use with_sqlite::Database;

#[cfg(feature = "test-sql")]
mod with_sqlite {
    use fallible_iterator::FallibleIterator;
    use rusqlite::types::{Value as Cell, ValueRef};
    use rusqlite::{Batch, Connection, Statement, ffi};

    use super::super::error;
    use super::{HostError, Params, Rows};
    use crate::bindings::component::rivet::actor::sql::Value;

    /// SQLite, once it is used.
    #[derive(Default)]
    pub(crate) struct Database(Option<Connection>);

    impl Database {
        pub(super) fn execute(&mut self, sql: &str, params: &Params) -> Result<Rows, HostError> {
            let connection = match &mut self.0 {
                Some(connection) => connection,
                none => none.insert(Connection::open_in_memory().map_err(refused)?),
            };
            run(connection, sql, params)
        }

        pub(super) fn roll_back(&mut self) -> bool {
            let open = self.0.as_ref().filter(|connection| !connection.is_autocommit());
            open.is_some_and(|connection| connection.execute_batch("ROLLBACK").is_ok())
        }
    }

    fn run(connection: &Connection, sql: &str, params: &Params) -> Result<Rows, HostError> {
        let changes = connection.total_changes();
        let mut out = Rows { columns: vec![], rows: vec![], changes: 0, last_insert_rowid: 0 };
        let is_empty = matches!(params, Params::Positional(values) if values.is_empty());
        if is_empty {
            let mut statements = Batch::new(connection, sql);
            while let Some(mut statement) = statements.next().map_err(refused)? {
                step(&mut statement, params, &mut out)?;
            }
        } else {
            step(&mut connection.prepare(sql).map_err(refused)?, params, &mut out)?;
        }
        out.changes = connection.total_changes() - changes;
        out.last_insert_rowid = connection.last_insert_rowid();
        Ok(out)
    }

    fn step(statement: &mut Statement<'_>, params: &Params, out: &mut Rows) -> Result<(), HostError> {
        bind(statement, params)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let (mut given, mut rows) = (vec![], statement.raw_query());
        while let Some(row) = rows.next().map_err(refused)? {
            let value = |index| row.get_ref(index).map(value).map_err(refused);
            given.push((0..columns.len()).map(value).collect::<Result<_, _>>()?);
        }
        if !columns.is_empty() {
            (out.columns, out.rows) = (columns, given);
        }
        Ok(())
    }

    fn bind(statement: &mut Statement<'_>, params: &Params) -> Result<(), HostError> {
        let range = |message: String| error("sqlite", "range", &message);
        let wanted = statement.parameter_count();
        let mut unused: Vec<&str> = match params {
            Params::Positional(values) if values.len() != wanted => {
                let given = values.len();
                return Err(range(format!("the statement has {wanted} parameters, and {given} were given")));
            }
            Params::Positional(_) => vec![],
            Params::Named(values) => values.iter().map(|(name, _)| name.as_str()).collect(),
        };
        for index in 1..=wanted {
            let value = match params {
                Params::Positional(values) => values.get(index - 1),
                Params::Named(values) => {
                    let name = statement.parameter_name(index).unwrap_or_default();
                    let is_it = |given: &str| given == name || Some(given) == name.get(1..);
                    unused.retain(|given| !is_it(given));
                    values.iter().find(|(given, _)| is_it(given)).map(|(_, value)| value)
                }
            };
            let value =
                value.ok_or_else(|| range(format!("parameter {index} of the statement was not given")))?;
            statement.raw_bind_parameter(index, cell(value)).map_err(refused)?;
        }
        if let Some(name) = unused.first() {
            return Err(range(format!("the statement has no parameter {name}")));
        }
        Ok(())
    }

    fn cell(value: &Value) -> Cell {
        match value.clone() {
            Value::Null => Cell::Null,
            Value::Integer(integer) => Cell::Integer(integer),
            Value::Real(real) => Cell::Real(real),
            Value::Text(text) => Cell::Text(text),
            Value::Blob(bytes) => Cell::Blob(bytes),
        }
    }

    fn value(value: ValueRef<'_>) -> Value {
        match value {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(integer) => Value::Integer(integer),
            ValueRef::Real(real) => Value::Real(real),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        }
    }

    fn refused(refused: rusqlite::Error) -> HostError {
        let code = match refused.sqlite_error().map(|error| error.extended_code & 0xff) {
            Some(ffi::SQLITE_CONSTRAINT) => "constraint",
            Some(ffi::SQLITE_MISMATCH) => "mismatch",
            Some(ffi::SQLITE_RANGE) => "range",
            _ if refused == rusqlite::Error::MultipleStatement => "misuse",
            _ => "error",
        };
        error("sqlite", code, &refused.to_string())
    }
}
