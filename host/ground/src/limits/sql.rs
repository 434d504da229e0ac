//! Bounds of SQL databases.

use super::{EPOCH_TICK_MS, TURN_WRITE_BYTES};

/// Bytes in the SQL database of one actor, unless an option says otherwise (Rivet).
pub const SQL_ACTOR_BYTES: u64 = 10 << 30;
/// The least that the option may say, in bytes: a database without tables has a page.
pub const SQL_ACTOR_MIN_BYTES: u64 = 4096;
/// Bytes of rows that one call of SQL gives.
pub const SQL_RESULT_BYTES: usize = 16 << 20;
/// Bytes in a text of SQL.
pub const SQL_TEXT_BYTES: usize = 1 << 20;
/// Bytes in a text of SQL whose statement is kept for the next call.
pub const SQL_KEPT_TEXT_BYTES: usize = 4 << 10;
/// Statements that a connection keeps for the next call.
pub const SQL_KEPT_STATEMENTS: usize = 16;
/// Bytes in one value or row of SQL.
pub const SQL_VALUE_BYTES: usize = 1 << 20;
/// Depth of an expression of SQL (SQLite's own).
pub const SQL_EXPRESSION_DEPTH: usize = 1000;
/// Depth of the parser's stack.
pub const SQL_PARSER_DEPTH: usize = 1000;
/// Terms of a compound SELECT (SQLite's own).
pub const SQL_COMPOUND_SELECTS: usize = 500;
/// Columns of a table or a result (SQLite's own).
pub const SQL_COLUMNS: usize = 2000;
/// Parameters of a statement (SQLite's own).
pub const SQL_PARAMETERS: usize = 32_766;
/// Arguments of a function of SQL.
pub const SQL_ARGUMENTS: usize = 127;
/// Parameters of a statement that are given by name.
pub const SQL_NAMED_PARAMETERS: usize = 1_000;
/// Calls of functions that one statement may have, those in its views and triggers included.
pub const SQL_FUNCTIONS: usize = 1_000;
/// Calls among them of functions that take long for long values.
pub const SQL_SLOW_FUNCTIONS: usize = 64;
/// Virtual tables in one database.
pub const SQL_VIRTUAL_TABLES: usize = 64;
/// Bytes in a pattern of LIKE or GLOB.
pub const SQL_PATTERN_BYTES: usize = 256;
/// How deep triggers may set off triggers. SQLite's own is 1000.
pub const SQL_TRIGGER_DEPTH: usize = 100;
/// Bytes of pages that one connection keeps at a time.
pub const SQL_CACHE_BYTES: usize = 1 << 20;
/// Bytes of SQLite's memory, of all connections together, above which no connection outlives its turn.
pub const SQL_MEMORY_BYTES: usize = 128 << 20;
/// Bytes of SQLite's memory that are never exceeded: beyond it statements fail.
pub const SQL_MEMORY_MAX_BYTES: usize = 512 << 20;
/// Steps of SQLite's machine between two looks at the clock.
pub const SQL_STEPS: usize = 1000;
/// How long a statement keeps the others from a thread, in milliseconds; then it gets one of its own.
pub const SQL_GLANCE_MS: u64 = EPOCH_TICK_MS;
/// Bytes of stack that are there for SQLite, beyond those of wasm: twice what the deepest statements within these limits were
/// seen to take.
pub const SQL_STACK_BYTES: usize = 1536 << 10;

const _: () = assert!(SQL_VALUE_BYTES < SQL_RESULT_BYTES && SQL_VALUE_BYTES < TURN_WRITE_BYTES);
const _: () = assert!(SQL_MEMORY_BYTES < SQL_MEMORY_MAX_BYTES && SQL_ACTOR_MIN_BYTES < SQL_ACTOR_BYTES);
