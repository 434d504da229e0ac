//! SQLite for actors: one database each, whose pages are rows of [`crate::Table::SqlPages`].
//!
//! SQLite sees a file through the VFS of `vfs`; the file is a [`pages::Pages`], which reads and writes the overlay of the
//! turn. So what SQLite calls a commit puts pages into the turn, and the turn's own commit makes them durable together
//! with all else that the turn wrote. Its journal is in memory and serves its own rollbacks alone.
//!
//! No other room knows rusqlite.

mod database;
mod error;
mod functions;
mod meter;
mod pages;
mod rules;
mod statement;
mod value;
mod vfs;

pub use database::{SqlDatabase, SqlSettings, SqlTurn};
pub use error::SqlError;
pub use value::{SqlParams, SqlRows, SqlValue};
