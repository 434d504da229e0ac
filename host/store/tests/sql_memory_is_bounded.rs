//! However many databases are open, SQLite's memory is bounded, and all of them go on working.
//!
//! Alone in its binary, because the memory is that of the process.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use rivet_ground::limits;
use rivet_store::SqlDatabase;

mod sql;
use sql::{Actor, store};

/// More than fit, if each keeps all that it may.
const ACTORS: usize = 3 * limits::SQL_MEMORY_BYTES / limits::SQL_CACHE_BYTES / 2;

#[test]
fn connections_go_when_there_are_too_many() {
    let (_dir, store) = store();
    let mut actors: Vec<Actor> = (0..ACTORS).map(|id| Actor::new(&store, id as u8)).collect();
    let most_bytes = (limits::SQL_MEMORY_BYTES + 2 * limits::SQL_CACHE_BYTES) as u64;
    let mut closed = 0;
    for actor in &mut actors {
        actor.rows(
            "CREATE TABLE t (a, b);
             INSERT INTO t WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 320)
             SELECT x, zeroblob(3500) FROM n",
        );
        actor.end_turn();
        closed += usize::from(actor.close_if_need_be());
        let used_bytes = SqlDatabase::memory_bytes();
        assert!(used_bytes <= most_bytes, "{used_bytes} bytes with {closed} closed");
    }
    assert!(closed > 0 && closed < ACTORS, "{closed} of {ACTORS} were closed");
    for actor in &mut actors {
        assert_eq!(actor.number("SELECT sum(a) FROM t WHERE length(b) = 3500"), 320 * 321 / 2);
        actor.close_if_need_be();
        assert!(SqlDatabase::memory_bytes() <= most_bytes);
    }
    drop(actors);
    assert!(SqlDatabase::memory_bytes() < limits::SQL_CACHE_BYTES as u64, "something was not given back");
}
