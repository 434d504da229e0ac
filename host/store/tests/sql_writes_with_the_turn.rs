//! What SQL writes is part of the turn: it is seen in it, committed with it, gone with it, and bounded by it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::time::Duration;

use rivet_ground::{Clock, SystemClock, limits};
use rivet_store::{KeyRange, SqlError, SqlParams, SqlTurn, SqlValue, Table};

mod sql;
use sql::{Actor, PLENTY, store, text};

#[test]
fn a_turn_that_traps_leaves_no_row() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (a)");
    actor.end_turn();
    actor.rows("INSERT INTO t VALUES (1)");
    actor.rows("BEGIN; INSERT INTO t VALUES (2); COMMIT");
    assert_eq!(actor.number("SELECT count(*) FROM t"), 2);
    actor.trap();
    assert_eq!(actor.number("SELECT count(*) FROM t"), 0);
    actor.check("after the trap");
}

#[test]
fn a_transaction_does_not_outlive_its_turn() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (a)");
    assert!(!actor.end_turn());
    actor.rows("BEGIN; INSERT INTO t VALUES (1)");
    assert!(actor.end_turn());
    assert_eq!(actor.number("SELECT count(*) FROM t"), 0);
    actor.rows("INSERT INTO t VALUES (1)");
    assert!(!actor.end_turn());
    actor.sleep();
    assert_eq!(actor.number("SELECT count(*) FROM t"), 1);
}

#[test]
fn to_open_and_to_read_writes_nothing() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    assert_eq!(actor.rows("SELECT * FROM sqlite_schema"), Vec::<Vec<SqlValue>>::new());
    assert!(actor.overlay.is_empty(), "a database that is not there is not made by a look");
    actor.rows("CREATE TABLE t (a)");
    actor.end_turn();
    actor.sleep();
    assert_eq!(actor.number("SELECT count(*) FROM t"), 0);
    assert!(actor.overlay.is_empty());
}

#[test]
fn actors_do_not_see_each_other() {
    let (_dir, store) = store();
    let (mut one, mut two) = (Actor::new(&store, 1), Actor::new(&store, 2));
    one.rows("CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    one.end_turn();
    two.rows("CREATE TABLE t (a); INSERT INTO t VALUES (2)");
    two.end_turn();
    assert_eq!(one.number("SELECT a FROM t"), 1);
    assert_eq!(two.number("SELECT a FROM t"), 2);
}

#[test]
fn a_turn_that_is_full_says_so_and_is_undone() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t (b)");
    actor.rows("INSERT INTO t SELECT value, randomblob(700) FROM generate_series(1, 2000)".replace(
        "generate_series(1, 2000)",
        "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 2000) SELECT value FROM n)",
    ).as_str());
    actor.end_turn();
    let before = actor.rows("SELECT sum(length(b)), count(*), max(a) FROM t");
    for (room_pages, in_transaction) in [(0, false), (1, true), (3, false)]
        .into_iter()
        .chain((20..600).step_by(40).map(|n| (n, n % 80 == 20)))
    {
        let turn = SqlTurn { room_bytes: actor.overlay.len_bytes() + room_pages * 4200, ..PLENTY };
        if in_transaction {
            actor.rows("BEGIN");
        }
        let update = actor.run("UPDATE t SET b = randomblob(900)", &SqlParams::NONE, turn);
        assert!(matches!(update, Err(SqlError::TurnFull)), "{room_pages}: {update:?}");
        if in_transaction {
            // SQLite has rolled it back; if not, this does.
            let _rolled_back = actor.run("ROLLBACK", &SqlParams::NONE, turn);
        }
        assert_eq!(actor.rows("SELECT sum(length(b)), count(*), max(a) FROM t"), before);
        actor.check(&format!("in the turn with {room_pages} pages"));
        actor.end_turn();
        actor.sleep();
        actor.check(&format!("after the turn with {room_pages} pages"));
        assert_eq!(actor.stored_pages(), actor.number("PRAGMA page_count"), "the file was not cut back");
        assert_eq!(actor.rows("SELECT sum(length(b)), count(*), max(a) FROM t"), before);
        actor.end_turn();
    }
    actor.rows("UPDATE t SET b = randomblob(900)");
    actor.end_turn();
    actor.check("at last");
}

#[test]
fn a_database_that_is_full_gives_sqlites_own_error() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.max_bytes = 64 << 10;
    actor.rows("CREATE TABLE t (a)");
    actor.end_turn();
    let insert = "INSERT INTO t VALUES (randomblob(3000))";
    let full = (0..100).find_map(|_| actor.run(insert, &SqlParams::NONE, PLENTY).err()).unwrap();
    assert!(
        matches!(&full, SqlError::Refused { code: "full", message } if message == "database or disk is full"),
        "{full:?}"
    );
    actor.check("full");
    actor.end_turn();
    assert!(store.scan(Table::SqlPages, &KeyRange::prefix(&[1; 16], 100)).unwrap().len() <= 16);
    actor.rows("DELETE FROM t");
    actor.rows(insert);
    actor.end_turn();
    actor.check("with room again");
}

#[test]
fn a_query_that_takes_too_long_is_interrupted() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    let turn = SqlTurn { budget: Duration::from_millis(20), ..PLENTY };
    let forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    for sql in [
        forever,
        "CREATE TABLE t AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
    ] {
        let outcome = actor.run(sql, &SqlParams::NONE, turn);
        assert!(matches!(outcome, Err(SqlError::OutOfTime)), "{outcome:?}");
    }
    assert_eq!(actor.number("SELECT 1"), 1);
}

#[test]
fn what_takes_longer_than_a_glance_has_done_nothing() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (a)");
    let glance = SqlTurn { glance: Some(Duration::from_millis(2)), ..PLENTY };
    let series = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 100000)";
    let (count, insert) = (
        format!("{series} SELECT count(*) FROM n"),
        format!("INSERT INTO t {series} SELECT x FROM n RETURNING a"),
    );
    for sql in [count.as_str(), &insert, &insert.replace(" RETURNING a", ""), "SELECT 1; SELECT 2"] {
        let outcome = actor.run(sql, &SqlParams::NONE, glance);
        assert!(matches!(outcome, Err(SqlError::Slow)), "{sql}: {outcome:?}");
    }
    assert_eq!(actor.number("SELECT count(*) FROM t"), 0);
    actor.run("INSERT INTO t VALUES (1)", &SqlParams::NONE, glance).unwrap();
    // To interrupt it would undo the transaction.
    actor.run("BEGIN", &SqlParams::NONE, glance).unwrap();
    actor.rows("INSERT INTO t VALUES (2)");
    for sql in ["INSERT INTO t VALUES (3)", &count] {
        let outcome = actor.run(sql, &SqlParams::NONE, glance);
        assert!(matches!(outcome, Err(SqlError::Slow)), "{sql}: {outcome:?}");
    }
    actor.run("COMMIT", &SqlParams::NONE, glance).unwrap();
    assert_eq!(actor.number("SELECT count(*) FROM t"), 2);
    assert_eq!(actor.number(&count), 100_000);
}

#[test]
fn a_result_that_is_too_large_is_refused_and_has_written_nothing() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (a)");
    let series = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 200) SELECT zeroblob(100000) FROM n";
    assert_eq!(actor.refused(series), "result_too_large");
    assert_eq!(actor.refused(&format!("INSERT INTO t {series} RETURNING a")), "result_too_large");
    assert_eq!(actor.number("SELECT count(*) FROM t"), 0);
    actor.rows("BEGIN; INSERT INTO t VALUES (1)");
    assert_eq!(actor.refused(&format!("INSERT INTO t {series} RETURNING a")), "result_too_large");
    actor.rows("COMMIT");
    assert_eq!(actor.number("SELECT count(*) FROM t"), 1);
    assert_eq!(
        actor.rows("INSERT INTO t VALUES (7) RETURNING a, a + 1"),
        [[SqlValue::Integer(7), SqlValue::Integer(8)]]
    );
    assert!(!actor.end_turn());
}

#[test]
fn the_time_is_that_of_the_host() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    let seconds = actor.number("SELECT unixepoch()");
    let now = (SystemClock::new().now_ms() / 1000) as i64;
    assert!((now - seconds).abs() <= 2, "{seconds}, not {now}");
}

#[test]
fn what_reaches_out_of_the_database_is_forbidden() {
    let (dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    let file = dir.path().join("out.db");
    for sql in [
        format!("ATTACH '{}' AS other", file.display()),
        "ATTACH ':memory:' AS other".to_owned(),
        format!("VACUUM INTO '{}'", file.display()),
        "DETACH main".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "SELECT json_patch('{}', '{}')".to_owned(),
        "PRAGMA journal_mode = DELETE".to_owned(),
        "PRAGMA main.synchronous = FULL".to_owned(),
        "PRAGMA writable_schema = ON".to_owned(),
        "PRAGMA max_page_count = 100000000".to_owned(),
        "PRAGMA page_size = 512".to_owned(),
        "PRAGMA temp_store_directory = '/tmp'".to_owned(),
        "PRAGMA hard_heap_limit = 1".to_owned(),
        "CREATE VIRTUAL TABLE v USING dbstat".to_owned(),
    ] {
        assert_eq!(actor.refused(&sql), "forbidden", "{sql}");
    }
    assert!(!file.exists());
    assert_eq!(actor.rows("PRAGMA journal_mode"), [[text("memory")]]);
    assert_eq!(actor.rows("PRAGMA foreign_keys"), [[SqlValue::Integer(1)]]);
    actor.rows("PRAGMA user_version = 7");
    assert_eq!(actor.number("PRAGMA user_version"), 7);
    actor.rows("CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES ('some words')");
    assert_eq!(actor.number("SELECT count(*) FROM f('words')"), 1);
    actor.rows("CREATE TEMP TABLE u (a); INSERT INTO u VALUES (1)");
    actor.check("at last");
}

#[test]
fn nesting_is_bounded_before_the_stack_is() {
    let nested: Vec<String> = vec![
        format!("SELECT {}1{}", "(".repeat(900), ")".repeat(900)),
        format!("SELECT {}1", "1+".repeat(950)),
        format!("SELECT {}1", "-".repeat(900).replace('-', "- ")),
        format!("SELECT {}1", "NOT ".repeat(990)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(499)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(499)),
        format!("SELECT * FROM {}(SELECT 1){}", "(SELECT * FROM ".repeat(300), ")".repeat(300)),
        format!("SELECT * FROM {}(SELECT 1){}", "(SELECT * FROM ".repeat(20_000), ")".repeat(20_000)),
        format!("SELECT {}1{}", "(SELECT ".repeat(300), ")".repeat(300)),
        format!("SELECT {}1{}", "abs(".repeat(900), ")".repeat(900)),
        format!("SELECT {}1{}", "CASE WHEN 1 THEN ".repeat(300), " END".repeat(300)),
        format!("SELECT json('{}{}')", "[".repeat(100_000), "]".repeat(100_000)),
        format!("SELECT json_extract('{}{}', '$[0]')", "[".repeat(900), "]".repeat(900)),
        format!("SELECT 1 WHERE 1 IN ({}1{})", "SELECT 1 WHERE 1 IN (".repeat(300), ")".repeat(300)),
        format!(
            "WITH {} SELECT * FROM w900",
            (1..=900).fold("w0 AS (SELECT 1)".to_owned(), |all, n| format!(
                "{all}, w{n} AS (SELECT * FROM w{})",
                n - 1
            ))
        ),
    ];
    let run = move || {
        let (_dir, store) = store();
        let mut actor = Actor::new(&store, 1);
        for sql in nested {
            let _either = actor.run(&sql, &SqlParams::NONE, PLENTY);
        }
        // Views on views, triggers that set off triggers, and cascades, each as long as a chain may be.
        actor.rows("CREATE TABLE t0 (a INTEGER PRIMARY KEY); CREATE VIEW v0 AS SELECT a FROM t0");
        for n in 1..600 {
            let before = n - 1;
            actor.rows(&format!(
                "CREATE VIEW v{n} AS SELECT a FROM v{before};
                 CREATE TABLE t{n} (a INTEGER PRIMARY KEY REFERENCES t{before} ON DELETE CASCADE);
                 CREATE TRIGGER g{n} AFTER INSERT ON t{before} BEGIN INSERT INTO t{n} VALUES (new.a); END"
            ));
        }
        for sql in [
            "SELECT * FROM v50",
            "SELECT * FROM v599",
            "INSERT INTO t550 VALUES (1)",
            "INSERT INTO t0 VALUES (1)",
            "DELETE FROM t550",
            "DELETE FROM t0",
        ] {
            let _either = actor.run(sql, &SqlParams::NONE, PLENTY);
        }
        actor.check("at last");
    };
    // Twice what these take.
    let thread = std::thread::Builder::new().stack_size(limits::SQL_STACK_BYTES / 2);
    thread.spawn(run).unwrap().join().unwrap();
}
