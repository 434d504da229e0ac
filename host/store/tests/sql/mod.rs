//! The database of one actor on a store, turn by turn.

#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{ActorId, SystemClock, limits};
use rivet_store::{
    Durability, KeyRange, Overlay, SqlDatabase, SqlError, SqlParams, SqlRows, SqlSettings, SqlTurn, SqlValue,
    Store, Table,
};

/// Room and time of a turn that has plenty of both.
pub const PLENTY: SqlTurn = SqlTurn {
    room_bytes: limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES,
    budget: Duration::from_secs(60),
    glance: None,
};

/// An actor with a database.
pub struct Actor {
    pub store: Store,
    pub overlay: Overlay,
    pub max_bytes: u64,
    id: ActorId,
    database: Option<SqlDatabase>,
}

impl Actor {
    pub fn new(store: &Store, id: u8) -> Self {
        Self {
            store: store.clone(),
            overlay: Overlay::new(store.clone()),
            max_bytes: limits::SQL_ACTOR_BYTES,
            id: ActorId::from_bytes([id; 16]),
            database: None,
        }
    }

    /// Runs a text in the turn that is under way.
    pub fn run(&mut self, sql: &str, params: &SqlParams, turn: SqlTurn) -> Result<SqlRows, SqlError> {
        if self.database.is_none() {
            let settings = SqlSettings {
                actor: self.id,
                max_bytes: self.max_bytes,
                clock: Arc::new(SystemClock::new()),
            };
            self.database = Some(SqlDatabase::open(&mut self.overlay, settings)?);
        }
        self.database.as_mut().unwrap().execute(&mut self.overlay, turn, sql, params)
    }

    /// Runs a text without parameters, which must succeed, and gives its rows.
    pub fn rows(&mut self, sql: &str) -> Vec<Vec<SqlValue>> {
        self.run(sql, &SqlParams::NONE, PLENTY).unwrap_or_else(|e| panic!("{sql}: {e}")).rows
    }

    /// The one number that a query gives.
    pub fn number(&mut self, sql: &str) -> i64 {
        match self.rows(sql).as_slice() {
            [row] if row.len() == 1 => match row.first() {
                Some(SqlValue::Integer(number)) => *number,
                other => panic!("{sql}: {other:?}"),
            },
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// The code of the error that a text without parameters fails with.
    pub fn refused(&mut self, sql: &str) -> &'static str {
        match self.run(sql, &SqlParams::NONE, PLENTY) {
            Err(SqlError::Refused { code, .. }) => code,
            other => panic!("{sql}: {other:?}"),
        }
    }

    /// Checks that the database is whole.
    pub fn check(&mut self, what: &str) {
        let found = self.rows("PRAGMA integrity_check");
        assert_eq!(found, [[SqlValue::Text("ok".to_owned())]], "{what}");
    }

    /// Ends the turn and commits it; says whether a transaction was left open.
    pub fn end_turn(&mut self) -> bool {
        let open = self
            .database
            .as_mut()
            .is_some_and(|database| database.end_turn(&mut self.overlay, PLENTY.room_bytes).unwrap());
        self.store.commit_wait(self.overlay.take()).unwrap();
        open
    }

    /// Ends the turn in a trap: the instance is gone.
    pub fn trap(&mut self) {
        self.database = None;
        self.overlay.clear();
    }

    /// The number of the last page in the store: the length of the file.
    pub fn stored_pages(&self) -> i64 {
        let range = KeyRange::prefix(self.id.as_bytes(), 1).reversed(true);
        let rows = self.store.scan(Table::SqlPages, &range).unwrap();
        rows.first().map_or(0, |(key, _)| u32::from_be_bytes(*key.last_chunk().unwrap()).into())
    }

    /// Closes the connection if too much memory is used; says whether.
    pub fn close_if_need_be(&mut self) -> bool {
        self.database.take_if(|database| database.is_to_go()).is_some()
    }

    /// Closes the connection between two turns.
    pub fn sleep(&mut self) {
        assert!(self.overlay.is_empty());
        self.database = None;
    }
}

/// A store that goes away with the test.
pub fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Durability::None).unwrap();
    (dir, store)
}

pub fn text(text: &str) -> SqlValue {
    SqlValue::Text(text.to_owned())
}
