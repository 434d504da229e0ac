//! One statement: its parameters go in, its rows come out.

use std::collections::HashMap;

use rivet_ground::limits;
use rusqlite::Statement;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::sql::{SqlError, SqlParams, SqlRows, SqlValue};

/// Sets the parameters of a statement, all of them.
pub(super) fn bind(statement: &mut Statement<'_>, params: &SqlParams) -> Result<(), SqlError> {
    let wanted = statement.parameter_count();
    match params {
        SqlParams::Positional(values) => {
            if values.len() != wanted {
                let message =
                    format!("the statement has {wanted} parameters, and {} were given", values.len());
                return Err(SqlError::refused("range", message));
            }
            for (index, value) in values.iter().enumerate() {
                statement.raw_bind_parameter(index + 1, value)?;
            }
        }
        SqlParams::Named(values) => {
            for (index, value) in named(statement, values)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
    }
    Ok(())
}

/// The parameters of the statement by number, each with its value. One value may be that of several: `:x` and `@x`.
fn named<'a>(
    statement: &Statement<'_>,
    values: &'a [(String, SqlValue)],
) -> Result<Vec<(usize, &'a SqlValue)>, SqlError> {
    let range = |message: String| SqlError::refused("range", message);
    let wanted = statement.parameter_count();
    // SQLite finds a name in a time that grows with their number.
    if wanted > limits::SQL_NAMED_PARAMETERS {
        let most = limits::SQL_NAMED_PARAMETERS;
        return Err(range(format!("the statement has {wanted} parameters; by name there may be {most}")));
    }
    if values.len() > wanted {
        return Err(range(format!("the statement has {wanted} parameters, and {} were given", values.len())));
    }
    let given: HashMap<&str, usize> =
        values.iter().enumerate().map(|(place, (name, _))| (name.as_str(), place)).collect();
    let (mut used, mut found) = (vec![false; values.len()], Vec::with_capacity(wanted));
    for index in 1..=wanted {
        let Some(name) = statement.parameter_name(index) else {
            return Err(range(format!("parameter {index} of the statement has no name")));
        };
        let bare = name.get(1..).unwrap_or_default();
        let place = given.get(name).or_else(|| given.get(bare)).copied();
        let Some(((_, value), used)) = place.and_then(|at| values.get(at).zip(used.get_mut(at))) else {
            return Err(range(format!("the parameter {name} of the statement was not given")));
        };
        *used = true;
        found.push((index, value));
    }
    match values.iter().zip(&used).find(|(_, used)| !**used) {
        Some(((name, _), _)) => Err(range(format!("the statement has no parameter {name}"))),
        None => Ok(found),
    }
}

impl rusqlite::ToSql for SqlValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(integer) => ToSqlOutput::Owned(Value::Integer(*integer)),
            Self::Real(real) => ToSqlOutput::Owned(Value::Real(*real)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

/// Runs a statement to its end. What it gives takes the place of what the one before has given, if it gives anything.
pub(super) fn run(statement: &mut Statement<'_>, out: &mut SqlRows) -> Result<(), SqlError> {
    let (mut given, mut len_bytes, mut rows) = (Vec::new(), 0, statement.raw_query());
    while let Some(row) = rows.next()? {
        // Not known before the first step: a statement that was kept is compiled anew if the schema has changed.
        let width = row.as_ref().column_count();
        let mut values = Vec::with_capacity(width);
        len_bytes += size_of::<Vec<SqlValue>>();
        for index in 0..width {
            let value = value(row.get_ref(index)?);
            len_bytes += value.len_bytes();
            values.push(value);
        }
        if len_bytes > limits::SQL_RESULT_BYTES {
            return Err(SqlError::result_too_large());
        }
        given.push(values);
    }
    drop(rows);
    if statement.column_count() > 0 {
        out.columns = statement.column_names().map(str::to_owned).collect();
        out.rows = given;
    }
    Ok(())
}

fn value(value: ValueRef<'_>) -> SqlValue {
    match value {
        ValueRef::Null => SqlValue::Null,
        ValueRef::Integer(integer) => SqlValue::Integer(integer),
        ValueRef::Real(real) => SqlValue::Real(real),
        // A cast makes a text of any bytes.
        ValueRef::Text(text) => SqlValue::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => SqlValue::Blob(bytes.to_vec()),
    }
}
