//! What goes wrong with SQL.

use rivet_ground::{cut, limits};
use rusqlite::ffi;

use crate::StoreError;

/// A call of a database has failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The statement was refused: by SQLite, or by the host before SQLite saw it.
    #[error("{message}")]
    Refused {
        /// SQLite's primary result code in lower case (`constraint`, `full`, `error`); `forbidden` for what actors may not
        /// do, `result_too_large` for a result past the limit.
        code: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// What the turn may write is used up. What the statement had written was undone.
    #[error("the turn may write no more")]
    TurnFull,
    /// It takes longer than a glance, and nothing was done: call again, with more time ([`crate::SqlTurn::glance`]).
    #[error("the statement takes longer than a glance")]
    Slow,
    /// The time that it had is over. The connection must not be used any more.
    #[error("the statement was interrupted")]
    OutOfTime,
    /// The store could not be read. The connection must not be used any more.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Bytes of a statement that an error quotes.
const QUOTE_BYTES: usize = 256;

impl SqlError {
    pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { code, message: message.into() }
    }

    pub(super) fn result_too_large() -> Self {
        let message = format!(
            "the result has over {} bytes, the most that one call gives; ask with a LIMIT, or for fewer columns",
            limits::SQL_RESULT_BYTES
        );
        Self::refused("result_too_large", message)
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::{MultipleStatement, SqlInputError, SqliteFailure};
        match error {
            SqliteFailure(error, message) => {
                Self::refused(code(&error), message.unwrap_or_else(|| error.to_string()))
            }
            SqlInputError { error, msg, sql, offset } => {
                let quoted = cut(&sql, QUOTE_BYTES);
                Self::refused(code(&error), format!("{msg}, at byte {offset} of: {quoted}"))
            }
            MultipleStatement => {
                Self::refused("misuse", "a text with parameters must be one statement; this one goes on")
            }
            other => Self::refused("error", other.to_string()),
        }
    }
}

/// SQLite's name of a primary result code (sqlite.org/rescode.html), in lower case.
fn code(error: &ffi::Error) -> &'static str {
    match error.extended_code & 0xff {
        ffi::SQLITE_INTERNAL => "internal",
        ffi::SQLITE_PERM => "perm",
        ffi::SQLITE_ABORT => "abort",
        ffi::SQLITE_BUSY => "busy",
        ffi::SQLITE_LOCKED => "locked",
        ffi::SQLITE_NOMEM => "nomem",
        ffi::SQLITE_READONLY => "readonly",
        ffi::SQLITE_INTERRUPT => "interrupt",
        ffi::SQLITE_IOERR => "ioerr",
        ffi::SQLITE_CORRUPT => "corrupt",
        ffi::SQLITE_NOTFOUND => "notfound",
        ffi::SQLITE_FULL => "full",
        ffi::SQLITE_CANTOPEN => "cantopen",
        ffi::SQLITE_PROTOCOL => "protocol",
        ffi::SQLITE_EMPTY => "empty",
        ffi::SQLITE_SCHEMA => "schema",
        ffi::SQLITE_TOOBIG => "toobig",
        ffi::SQLITE_CONSTRAINT => "constraint",
        ffi::SQLITE_MISMATCH => "mismatch",
        ffi::SQLITE_MISUSE => "misuse",
        ffi::SQLITE_NOLFS => "nolfs",
        ffi::SQLITE_AUTH => "auth",
        ffi::SQLITE_FORMAT => "format",
        ffi::SQLITE_RANGE => "range",
        ffi::SQLITE_NOTADB => "notadb",
        _ => "error",
    }
}
