//! The database of one actor.

use std::sync::Arc;
use std::time::Duration;

use fallible_iterator::FallibleIterator;
use parking_lot::Mutex;
use rivet_ground::{ActorId, Clock, limits};
use rusqlite::{Batch, Connection, OpenFlags, Statement};

use crate::Overlay;
use crate::sql::meter::Meter;
use crate::sql::pages::{Loan, PAGE_BYTES, Pages, Refusal};
use crate::sql::{SqlError, SqlParams, SqlRows, functions, rules, statement, vfs};

/// An open connection to the database of one actor. It keeps pages in memory that it has read or written, so it sees what
/// it did itself, and must be dropped with the instance whose turn did not commit.
///
/// What a connection knows beside the database (temporary tables, pragmas, `last_insert_rowid`) goes with it.
pub struct SqlDatabase {
    connection: Connection,
    pages: Arc<Mutex<Pages>>,
    meter: Arc<Meter>,
}

/// What a database is opened with.
pub struct SqlSettings {
    /// Whose it is.
    pub actor: ActorId,
    /// Bytes that it may have.
    pub max_bytes: u64,
    /// The host's clock.
    pub clock: Arc<dyn Clock>,
}

/// What a call may take of its turn.
#[derive(Clone, Copy, Debug)]
pub struct SqlTurn {
    /// Bytes that the turn may have written altogether afterwards.
    pub room_bytes: usize,
    /// How long the call may take.
    pub budget: Duration,
    /// How long it may take at first, if less. A call that would take longer, and one that could not be undone if it did,
    /// does nothing and fails with [`SqlError::Slow`].
    pub glance: Option<Duration>,
}

/// What SQLite is told when a connection is opened. That the journal is in memory, and nothing is synced, is safe because
/// the commit of the turn is what makes pages durable, all of them or none.
const PRAGMAS: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; \
                       PRAGMA temp_store = MEMORY";

impl SqlDatabase {
    /// Opens the database of an actor, which has none before the first write. Writes nothing.
    ///
    /// # Errors
    /// [`SqlError::Store`] if the store cannot be read, [`SqlError::Refused`] if SQLite has no memory for it, or what is
    /// there is no database.
    pub fn open(overlay: &mut Overlay, settings: SqlSettings) -> Result<Self, SqlError> {
        let pages = Arc::new(Mutex::new(Pages::new(settings.actor)));
        let meter = Arc::new(Meter::new(settings.clock));
        let loan = Loan::new(overlay, &pages, 0);
        let connection = connect(&pages, &meter, settings.max_bytes);
        drop(loan);
        let connection = connection.map_err(|error| refusal(&pages).unwrap_or(error.into()))?;
        Ok(Self { connection, pages, meter })
    }

    /// Runs a text of SQL: one statement, or several if there are no parameters. Gives the rows of the last one that gives
    /// any. Reads and writes go to the overlay of the turn.
    ///
    /// # Errors
    /// All of [`SqlError`]. What the failed statement has written is undone; those before it in the text stand, unless
    /// SQLite has rolled their transaction back (sqlite.org/lang_transaction.html section 3).
    pub fn execute(
        &mut self,
        overlay: &mut Overlay,
        turn: SqlTurn,
        sql: &str,
        params: &SqlParams,
    ) -> Result<SqlRows, SqlError> {
        let loan = Loan::new(overlay, &self.pages, turn.room_bytes);
        self.meter.begin(turn.budget, turn.glance);
        vfs::set_now(self.meter.now_ms());
        let outcome = self.run_text(sql, params);
        self.meter.end();
        drop(loan);
        self.explain(outcome)
    }

    /// Rolls back the transaction that the turn has left open, if it has; says whether.
    ///
    /// # Errors
    /// All of [`SqlError`]; the connection must not be used any more.
    pub fn end_turn(&mut self, overlay: &mut Overlay, room_bytes: usize) -> Result<bool, SqlError> {
        if self.connection.is_autocommit() {
            return Ok(false);
        }
        let loan = Loan::new(overlay, &self.pages, room_bytes);
        let outcome = self.connection.execute_batch("ROLLBACK").map_err(SqlError::from);
        drop(loan);
        self.explain(outcome)?;
        Ok(true)
    }

    /// Whether this one is to be dropped after its turn: the connections of all actors together use too much memory, or it
    /// has something temporary, of which nobody knows how large it is.
    pub fn is_to_go(&self) -> bool {
        Self::memory_bytes() > limits::SQL_MEMORY_BYTES as u64 || self.meter.has_temporary()
    }

    /// Bytes of memory that the connections of all actors use.
    pub fn memory_bytes() -> u64 {
        vfs::memory_bytes()
    }

    fn run_text(&self, sql: &str, params: &SqlParams) -> Result<SqlRows, SqlError> {
        if sql.contains('\0') {
            return Err(SqlError::refused("misuse", "a text of SQL has no NUL: give it as a parameter"));
        }
        self.meter.begin_statement();
        let changes = self.connection.total_changes();
        let mut out = SqlRows::default();
        if params.is_empty() && is_several(sql) {
            if self.meter.is_glance() {
                return Err(SqlError::Slow);
            }
            let mut statements = Batch::new(&self.connection, sql);
            self.meter.begin_statement();
            while let Some(mut statement) = statements.next()? {
                statement::bind(&mut statement, params)?;
                self.run(&mut statement, &mut out)?;
                self.meter.begin_statement();
            }
        } else if sql.len() <= limits::SQL_KEPT_TEXT_BYTES {
            let prepared = self.connection.prepare_cached(sql);
            if let Some(mut statement) = unless_empty(prepared)? {
                statement::bind(&mut statement, params)?;
                self.run(&mut statement, &mut out)?;
            }
        } else if let Some(mut statement) = unless_empty(self.connection.prepare(sql))? {
            statement::bind(&mut statement, params)?;
            self.run(&mut statement, &mut out)?;
        }
        out.changes = self.connection.total_changes().saturating_sub(changes);
        out.last_insert_rowid = self.connection.last_insert_rowid();
        Ok(out)
    }

    /// Runs a statement, unless it has but a glance, and to interrupt it would undo the transaction that it is in. One that
    /// writes and gives rows (`RETURNING`) has written before it gives the first, so to give up when they are too many is
    /// to undo that.
    fn run(&self, prepared: &mut Statement<'_>, out: &mut SqlRows) -> Result<(), SqlError> {
        self.check_virtual_tables()?;
        if prepared.readonly() && prepared.column_count() == 0 && is_control(prepared) {
            return self.meter.unbounded(|| statement::run(prepared, out));
        }
        let can_be_undone = prepared.readonly() || self.connection.is_autocommit();
        if !can_be_undone && self.meter.is_glance() {
            return Err(SqlError::Slow);
        }
        if prepared.readonly() || prepared.column_count() == 0 {
            return statement::run(prepared, out);
        }
        let execute = |sql| self.meter.unbounded(|| self.connection.prepare_cached(sql)?.raw_execute());
        execute("SAVEPOINT __rivet_returning")?;
        let outcome = statement::run(prepared, out);
        // If it is the outermost, this commits: foreign keys that are looked at only then may object.
        let outcome = outcome.and_then(|()| Ok(execute("RELEASE __rivet_returning").map(drop)?));
        // An error of the statement that has rolled all back has taken the savepoint with it.
        if outcome.is_err() && !self.connection.is_autocommit() {
            execute("ROLLBACK TO __rivet_returning")?;
            execute("RELEASE __rivet_returning")?;
        }
        outcome
    }

    /// Checks that a statement that makes a virtual table makes none too many: each may read the next one, and stands on
    /// the stack while it does.
    fn check_virtual_tables(&self) -> Result<(), SqlError> {
        if !self.meter.makes_virtual() {
            return Ok(());
        }
        // They are the tables without a page of their own.
        let count = "SELECT (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND rootpage = 0) \
                     + (SELECT count(*) FROM sqlite_temp_schema WHERE type = 'table' AND rootpage = 0)";
        let count: u32 = self.meter.unbounded(|| self.connection.query_row(count, [], |row| row.get(0)))?;
        if (count as usize) < limits::SQL_VIRTUAL_TABLES {
            return Ok(());
        }
        let message = format!("the database has {count} virtual tables, the most there may be");
        Err(SqlError::refused("forbidden", message))
    }

    /// What an error is due to, where that was not SQLite's doing.
    fn explain<T>(&self, outcome: Result<T, SqlError>) -> Result<T, SqlError> {
        outcome.map_err(|error| match error {
            _ if self.meter.is_over() && self.meter.is_glance() => SqlError::Slow,
            _ if self.meter.is_over() => SqlError::OutOfTime,
            SqlError::Refused { code: code @ ("auth" | "error"), message } => match self.meter.forbidden() {
                Some(what) => SqlError::refused("forbidden", format!("{what} is not for actors")),
                None => SqlError::Refused { code, message },
            },
            SqlError::Refused { code: "full" | "ioerr", .. } => refusal(&self.pages).unwrap_or(error),
            error => error,
        })
    }
}

/// Opens a connection whose file are these pages.
fn connect(pages: &Arc<Mutex<Pages>>, meter: &Arc<Meter>, max_bytes: u64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let mut connection =
        vfs::opening(pages, || Connection::open_with_flags_and_vfs(vfs::FILE, flags, vfs::NAME))?;
    let max_pages = max_bytes / PAGE_BYTES as u64;
    let cache_kib = limits::SQL_CACHE_BYTES >> 10;
    connection.execute_batch(&format!(
        "{PRAGMAS}; PRAGMA max_page_count = {max_pages}; PRAGMA cache_size = -{cache_kib}"
    ))?;
    rules::set_limits(&connection)?;
    functions::replace_slow(&connection)?;
    connection.set_prepared_statement_cache_capacity(limits::SQL_KEPT_STATEMENTS);
    let watch = Arc::clone(meter);
    connection.progress_handler(limits::SQL_STEPS as i32, Some(move || watch.is_to_stop()))?;
    let watch = Arc::clone(meter);
    connection.commit_hook(Some(move || {
        watch.commit();
        // It may.
        false
    }))?;
    let watch = Arc::clone(meter);
    connection.authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| {
        rules::note(&context, &watch);
        let forbidden = rules::forbidden(&context).or_else(|| rules::too_many(&context, &watch));
        let authorization = rules::authorization(forbidden.as_ref());
        if let Some(what) = forbidden {
            watch.forbid(what);
        }
        authorization
    }))?;
    Ok(connection)
}

/// What the pages have refused since the overlay was lent to them.
fn refusal(pages: &Mutex<Pages>) -> Option<SqlError> {
    Some(match pages.lock().take_refusal()? {
        Refusal::TurnFull => SqlError::TurnFull,
        Refusal::Store(error) => SqlError::Store(error),
    })
}

/// Whether a text may be more than one statement: a semicolon is followed by something.
fn is_several(sql: &str) -> bool {
    sql.trim_end().trim_end_matches(';').contains(';')
}

/// Whether a statement begins, ends or divides a transaction.
fn is_control(statement: &Statement<'_>) -> bool {
    let Some(sql) = statement.expanded_sql() else { return false };
    let word: String = sql.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    ["begin", "commit", "end", "rollback", "savepoint", "release"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(&word))
}

/// A text of nothing but spaces and comments is no statement.
fn unless_empty<T>(prepared: rusqlite::Result<T>) -> Result<Option<T>, SqlError> {
    match prepared {
        Err(rusqlite::Error::Empty) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(prepared) => Ok(Some(prepared)),
    }
}
