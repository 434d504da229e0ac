//! What a hostile or careless statement cannot do: take the host's stack or its time, happen twice, or take others' writes
//! with it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::time::Duration;

use rivet_ground::limits;
use rivet_store::{SqlError, SqlParams, SqlTurn, SqlValue};

mod sql;
use sql::{Actor, PLENTY, store};

#[test]
fn virtual_tables_that_read_each_other_are_few() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE base (id INTEGER PRIMARY KEY, a); INSERT INTO base VALUES (1, 'x')");
    let (mut source, mut made) = ("base".to_owned(), 0);
    loop {
        let create = format!(
            "CREATE VIRTUAL TABLE f{made} USING fts5(a, content='{source}', content_rowid='id', columnsize=0)"
        );
        if made == limits::SQL_VIRTUAL_TABLES {
            assert_eq!(actor.refused(&create), "forbidden");
            let hidden = create.replace("VIRTUAL TABLE f", "VIRTUAL TABLE temp.f");
            assert_eq!(actor.refused(&hidden), "forbidden");
            break;
        }
        actor.rows(&create);
        source = format!("v{made}");
        actor.rows(&format!("CREATE VIEW {source} AS SELECT rowid AS id, a FROM f{made}"));
        made += 1;
    }
    let last = format!("SELECT a FROM f{} WHERE rowid = 1", made - 1);
    assert_eq!(actor.rows(&last), [[SqlValue::Text("x".to_owned())]]);
    actor.rows("DROP TABLE f0");
    actor.rows("CREATE VIRTUAL TABLE again USING fts5(a)");
}

#[test]
fn a_write_that_outlasts_its_glance_is_done_once() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (id INTEGER PRIMARY KEY, b)");
    let glance = SqlTurn { glance: Some(Duration::from_millis(1)), ..PLENTY };
    let (mut calls, mut slow) = (0, 0);
    let heavy = "length(randomblob(1000000))";
    for sql in [
        format!("INSERT INTO t (b) VALUES ({heavy} + {heavy} + {heavy} + {heavy})"),
        format!("INSERT INTO t (b) VALUES ({heavy} + {heavy}) RETURNING id"),
    ] {
        for _ in 0..150 {
            calls += 1;
            match actor.run(&sql, &SqlParams::NONE, glance) {
                Err(SqlError::Slow) => {
                    slow += 1;
                    actor.rows(&sql);
                }
                outcome => drop(outcome.unwrap()),
            }
        }
    }
    assert_eq!(actor.number("SELECT count(*) FROM t"), calls, "{slow} were slow");
}

#[test]
fn the_end_of_a_transaction_is_not_interrupted() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE t (b)");
    // No time at all.
    let glance = SqlTurn { glance: Some(Duration::ZERO), ..PLENTY };
    for _ in 0..100 {
        for control in ["BEGIN", "SAVEPOINT a", "RELEASE a"] {
            actor.run(control, &SqlParams::NONE, glance).unwrap();
        }
        actor.rows("INSERT INTO t VALUES (1)");
        actor.run("commit", &SqlParams::NONE, glance).unwrap();
    }
    assert_eq!(actor.number("SELECT count(*) FROM t"), 100);
}

#[test]
fn a_key_that_is_missed_at_the_end_takes_nothing_else_with_it() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE o (a);
         CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)",
    );
    assert_eq!(actor.refused("INSERT INTO c (p) VALUES (99) RETURNING id"), "constraint");
    assert_eq!(actor.rows("INSERT INTO o VALUES (1) RETURNING a"), [[SqlValue::Integer(1)]]);
    actor.end_turn();
    assert_eq!(actor.number("SELECT count(*) FROM o"), 1);
    assert_eq!(actor.number("SELECT count(*) FROM c"), 0);
}

#[test]
fn a_name_may_stand_for_several_parameters() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    let named = |names: &[&str]| {
        SqlParams::Named(names.iter().map(|name| ((*name).to_owned(), SqlValue::Integer(5))).collect())
    };
    let rows = actor.run("SELECT :x, @x, $x, :x", &named(&["x"]), PLENTY).unwrap().rows;
    assert_eq!(rows, [[5; 4].map(SqlValue::Integer)]);
    for (sql, names) in [("SELECT :x", ["x", "y"]), ("SELECT :x, :z", ["x", "y"])] {
        let refused = actor.run(sql, &named(&names), PLENTY);
        assert!(matches!(refused, Err(SqlError::Refused { code: "range", .. })), "{refused:?}");
    }
}

#[test]
fn many_names_and_many_slow_functions_are_refused_at_once() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    let list: Vec<String> = (0..20_000).map(|number| format!(":n{number}")).collect();
    let values = (0..20_000).map(|number| (format!("n{number}"), SqlValue::Null)).collect();
    let refused =
        actor.run(&format!("SELECT coalesce({})", list[..100].join(",")), &SqlParams::Named(values), PLENTY);
    assert!(matches!(refused, Err(SqlError::Refused { code: "range", .. })), "{refused:?}");
    let blobs = vec!["length(randomblob(1000000))"; limits::SQL_SLOW_FUNCTIONS + 1].join(" + ");
    assert_eq!(actor.refused(&format!("SELECT {blobs}")), "forbidden");
    actor.rows(&format!("SELECT {}", blobs.split_once(" + ").unwrap().1));
    actor.rows("CREATE VIRTUAL TABLE f USING fts5(a)");
    assert_eq!(
        actor.refused("SELECT snippet(f, 0, '<', '>', '..', 10) FROM f WHERE f MATCH 'a'"),
        "forbidden"
    );
}

#[test]
fn what_is_temporary_goes_with_the_turn() {
    let (_dir, store) = store();
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TEMP TABLE t (a)");
    actor.end_turn();
    assert!(actor.close_if_need_be());
    assert_eq!(actor.refused("SELECT * FROM t"), "error");
}
