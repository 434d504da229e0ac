//! The actor's SQL database.

mod database;
mod params;
mod row;
mod value;

pub(crate) use database::ON_MIGRATE;
pub use database::{Sql, SqlRows};
pub use params::{SqlNamed, SqlParams};
pub use value::SqlValue;
