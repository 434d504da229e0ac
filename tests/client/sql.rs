//! SQL as callers see it: one test for each rule of Rivet's `c.db` (semantics.md section 9).

use serde_json::{Value, json};
use support::{Driver, Host, HostOptions, component};

use crate::get_or_create;

/// Checks a property with every client, on one host, whose actors have little room.
fn with_every_client(check: impl Fn(&Host, &Driver)) {
    let options = HostOptions::new([component("sql")]).args(["--option", "sql.sqlMaxBytes=16777216"]);
    let host = options.start_deployed();
    for driver in Driver::start_all(host.url()) {
        eprintln!("with {}", driver.client());
        check(&host, &driver);
    }
}

/// The rows that a text gives.
fn rows(driver: &Driver, actor: &Value, sql: &str) -> Value {
    driver.output(actor, "execute", json!([sql]))
}

/// The rows that a statement with parameters gives.
fn rows_with(driver: &Driver, actor: &Value, sql: &str, params: Value) -> Value {
    driver.output(actor, "execute", json!([sql, params]))
}

/// What the actor itself sees of the error of a text: its path, its message.
fn refusal(driver: &Driver, actor: &Value, sql: &str) -> (String, String) {
    let found = driver.output(actor, "refusal", json!([sql]));
    let text = |index: usize| found[index].as_str().unwrap_or_else(|| panic!("{sql}: {found}")).to_owned();
    (text(0), text(1))
}

/// The text fails, and the client reads no more than that.
fn assert_masked(driver: &Driver, actor: &Value, args: Value) {
    let error = driver.call(actor, "execute", args.clone()).unwrap_err();
    assert_eq!(error.path, "core.internal_error", "{} {args}", driver.client());
    assert_eq!(error.message, "An internal error occurred", "{} {args}", driver.client());
}

fn sleep(host: &Host, driver: &Driver, actor: &Value) {
    let id = driver.resolve(actor).unwrap();
    assert_eq!(host.http().post(&format!("/actors/{id}/sleep"), b"").status, 200);
}

#[test]
fn rows_are_objects_by_column_name() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "rows");
        assert_eq!(rows(driver, &actor, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)"), json!([]));
        assert_eq!(rows(driver, &actor, "INSERT INTO t (b) VALUES ('x'), ('y')"), json!([]));
        let found = rows(driver, &actor, "SELECT * FROM t ORDER BY a");
        assert_eq!(found, json!([{ "a": 1, "b": "x" }, { "a": 2, "b": "y" }]));
        assert_eq!(rows(driver, &actor, "SELECT 1 AS n, 2 AS n, 3 AS m"), json!([{ "n": 2, "m": 3 }]));
        assert_eq!(rows(driver, &actor, "SELECT * FROM t WHERE a > 2"), json!([]));
        assert_eq!(rows(driver, &actor, "-- nothing"), json!([]));
    });
}

#[test]
fn an_insert_can_return_what_it_has_inserted() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "returning");
        rows(driver, &actor, "CREATE TABLE t (a INTEGER PRIMARY KEY, b)");
        let sql = "INSERT INTO t (b) VALUES (?), (?) RETURNING a, b";
        let found = rows_with(driver, &actor, sql, json!(["x", null]));
        assert_eq!(found, json!([{ "a": 1, "b": "x" }, { "a": 2, "b": null }]));
        let found = rows(driver, &actor, "DELETE FROM t WHERE a = 1 RETURNING b");
        assert_eq!(found, json!([{ "b": "x" }]));
    });
}

#[test]
fn values_go_in_and_come_out() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "values");
        let is_rust = driver.client().version == "rust";
        let mut values = vec![
            (json!(null), "null"),
            (json!(0), "integer"),
            (json!(-7), "integer"),
            (json!(9_007_199_254_740_991_i64), "integer"),
            (json!(1.5), "real"),
            (json!(-1e300), "real"),
            (json!(""), "text"),
            (json!("a\u{0}b\u{0}é 🦀"), "text"),
        ];
        if !is_rust {
            // The crate `rivetkit-client` has JSON values only.
            values.push((json!({ "$bigint": "9007199254740993" }), "integer"));
            values.push((json!({ "$bigint": "-9223372036854775808" }), "integer"));
            values.push((json!({ "$bytes": [0, 1, 255] }), "blob"));
            values.push((json!({ "$bytes": [] }), "blob"));
        }
        for (value, kind) in values {
            let found = rows_with(driver, &actor, "SELECT ?1 AS v, typeof(?1) AS t", json!([value]));
            assert_eq!(found, json!([{ "v": value, "t": kind }]), "{}", driver.client());
        }
        // An array of numbers is bytes, and a text may be as long as it likes.
        let found = rows_with(driver, &actor, "SELECT hex(?) AS h", json!([[0, 171, 255]]));
        assert_eq!(found, json!([{ "h": "00ABFF" }]));
        let found = rows_with(driver, &actor, "SELECT length(?) AS n", json!(["x".repeat(50_000)]));
        assert_eq!(found, json!([{ "n": 50_000 }]));
        if !is_rust {
            let found = rows(driver, &actor, "SELECT 9223372036854775807 AS n, x'00FF' AS b");
            let bytes = json!({ "$bytes": [0, 255] });
            assert_eq!(found, json!([{ "n": { "$bigint": "9223372036854775807" }, "b": bytes }]));
            // Some clients make a text of a date before it leaves them.
            for refused in [json!(true), json!({ "a": 1 }), json!({ "$bigint": "9223372036854775808" })] {
                driver.call(&actor, "execute", json!(["SELECT ?", [refused]])).unwrap_err();
            }
        }
    });
}

#[test]
fn parameters_have_places_or_names() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "parameters");
        let found = rows_with(driver, &actor, "SELECT ?2 - ?1 AS d", json!([1, 10]));
        assert_eq!(found, json!([{ "d": 9 }]));
        let sql = "SELECT :a AS a, @b AS b, $c AS c, :a AS again";
        let found = rows_with(driver, &actor, sql, json!({ "a": 1, "b": "two", "c": null }));
        assert_eq!(found, json!([{ "a": 1, "b": "two", "c": null, "again": 1 }]));
        let found = rows_with(driver, &actor, "SELECT :a AS a, @b AS b", json!({ ":a": 1, "@b": 2 }));
        assert_eq!(found, json!([{ "a": 1, "b": 2 }]));
        for (sql, params) in [
            ("SELECT ?", json!([])),
            ("SELECT ?", json!([1, 2])),
            ("SELECT :a", json!({ "b": 1 })),
            ("SELECT :a", json!({ "a": 1, "b": 1 })),
            ("SELECT ?", json!({ "a": 1 })),
        ] {
            assert_masked(driver, &actor, json!([sql, params]));
        }
    });
}

#[test]
fn a_text_may_be_several_statements() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "several");
        assert_eq!(rows(driver, &actor, "SELECT 1 AS x; SELECT 2 AS y"), json!([{ "y": 2 }]));
        let sql = "CREATE TABLE t (a); INSERT INTO t VALUES (';'); SELECT a FROM t; -- the end\n;";
        assert_eq!(rows(driver, &actor, sql), json!([{ "a": ";" }]));
        // What comes before the one that fails stands: each was a transaction of its own.
        assert_masked(driver, &actor, json!(["INSERT INTO t VALUES (2); INSERT INTO nowhere VALUES (3)"]));
        assert_eq!(rows(driver, &actor, "SELECT count(*) AS n FROM t"), json!([{ "n": 2 }]));
        assert_masked(driver, &actor, json!(["INSERT INTO t VALUES (?); SELECT 1", [5]]));
        assert_eq!(rows(driver, &actor, "SELECT count(*) AS n FROM t"), json!([{ "n": 2 }]));
    });
}

#[test]
fn errors_are_masked_and_in_the_log() {
    with_every_client(|host, driver| {
        let actor = get_or_create(driver, "sql", "errors");
        assert_masked(driver, &actor, json!(["SELEKT 1"]));
        host.output().wait_for(&["sqlite.error", "syntax error", "SELEKT 1"]);
        rows(driver, &actor, "CREATE TABLE t (a UNIQUE)");
        rows(driver, &actor, "INSERT INTO t VALUES (1)");
        let sql = "INSERT INTO t VALUES (1)";
        assert_masked(driver, &actor, json!([sql]));
        let (path, message) = refusal(driver, &actor, sql);
        assert_eq!((path.as_str(), message.as_str()), ("sqlite.constraint", "UNIQUE constraint failed: t.a"));
    });
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "transactions");
        let count = || rows(driver, &actor, "SELECT count(*) AS n FROM t")[0]["n"].clone();
        rows(driver, &actor, "CREATE TABLE t (a UNIQUE)");
        let transact = |texts: Value, fail| driver.call(&actor, "transact", json!([texts, fail]));
        transact(json!(["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"]), false).unwrap();
        assert_eq!(count(), 2);
        let error = transact(json!(["DELETE FROM t"]), true).unwrap_err();
        assert_eq!((error.path.as_str(), error.message.as_str()), ("user.as_told", "as told"));
        let error = transact(json!(["INSERT INTO t VALUES (3)", "INSERT INTO t VALUES (1)"]), false);
        assert_eq!(error.unwrap_err().path, "core.internal_error");
        assert_eq!(count(), 2);
        // By hand as well, within one turn.
        rows(driver, &actor, "BEGIN; INSERT INTO t VALUES (4); COMMIT; BEGIN; DELETE FROM t; ROLLBACK");
        assert_eq!(count(), 3);
    });
}

#[test]
fn a_transaction_ends_with_its_turn() {
    with_every_client(|host, driver| {
        let actor = get_or_create(driver, "sql", "left open");
        rows(driver, &actor, "CREATE TABLE t (a)");
        rows(driver, &actor, "BEGIN; INSERT INTO t VALUES (1)");
        host.output().wait_for(&["the turn ended within a SQL transaction"]);
        assert_eq!(rows(driver, &actor, "SELECT count(*) AS n FROM t"), json!([{ "n": 0 }]));
        assert_masked(driver, &actor, json!(["COMMIT"]));
    });
}

#[test]
fn a_trap_leaves_no_row_and_no_change_of_the_state() {
    with_every_client(|host, driver| {
        let actor = get_or_create(driver, "sql", "traps");
        rows(driver, &actor, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
        for sql in ["INSERT INTO t VALUES (2)", "DROP TABLE t", "UPDATE t SET a = randomblob(20000)"] {
            let error = driver.call(&actor, "updateAndPanic", json!([sql])).unwrap_err();
            assert_eq!(error.path, "actor.panicked", "{}", driver.client());
            host.output().wait_for(&["after the transaction"]);
            assert_eq!(rows(driver, &actor, "SELECT a FROM t"), json!([{ "a": 1 }]));
            assert_eq!(driver.output(&actor, "changes", json!([])), 0);
        }
        assert_eq!(rows(driver, &actor, "PRAGMA integrity_check"), json!([{ "integrity_check": "ok" }]));
    });
}

#[test]
fn what_was_written_is_there_after_sleep_and_after_a_kill() {
    let mut host = Host::start([component("sql")]);
    let actor = host.actor("sql", "a");
    let execute = |host: &Host, sql: &str| host.actor("sql", "a").output("execute", json!([sql]));
    execute(&host, "CREATE TABLE t (a, b); CREATE INDEX i ON t (b)");
    for n in 0..50 {
        actor.output("execute", json!(["INSERT INTO t VALUES (?, hex(randomblob(200)))", [n]]));
        if n == 20 {
            let found = host.http().get("/actors?namespace=default&name=sql&key=a").json();
            let id = found["actors"][0]["actor_id"].as_str().unwrap().to_owned();
            assert_eq!(host.http().post(&format!("/actors/{id}/sleep"), b"").status, 200);
        }
    }
    host.kill();
    host.restart();
    assert_eq!(execute(&host, "SELECT count(*) AS n, sum(a) AS s FROM t"), json!([{ "n": 50, "s": 1225 }]));
    assert_eq!(execute(&host, "PRAGMA integrity_check"), json!([{ "integrity_check": "ok" }]));
}

#[test]
fn temporary_tables_are_good_for_a_turn_and_sleep_closes_the_database() {
    with_every_client(|host, driver| {
        let actor = get_or_create(driver, "sql", "sleeps");
        rows(driver, &actor, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
        let sql = "CREATE TEMP TABLE u AS SELECT a + 1 AS b FROM t; SELECT b FROM u";
        assert_eq!(rows(driver, &actor, sql), json!([{ "b": 2 }]));
        sleep(host, driver, &actor);
        assert_eq!(rows(driver, &actor, "SELECT a FROM t"), json!([{ "a": 1 }]));
        assert_masked(driver, &actor, json!(["SELECT b FROM u"]));
    });
}

#[test]
fn the_hook_makes_the_tables_before_all_else_at_every_cold_start() {
    with_every_client(|host, driver| {
        let actor = get_or_create(driver, "migrant", "starts");
        let starts = || driver.output(&actor, "starts", json!([]));
        assert_eq!(starts(), json!([1, "created"]));
        sleep(host, driver, &actor);
        assert_eq!(starts(), json!([1, "created", 0]));
        // One that fails is undone, and the start with it.
        driver.output(&actor, "failNextStart", json!([]));
        sleep(host, driver, &actor);
        let error = driver.call(&actor, "starts", json!([])).unwrap_err();
        assert_eq!(error.path, "user.not_this_time", "{}", driver.client());
        assert_eq!(starts(), json!([1, "created", 0, 0]));
    });
}

#[test]
fn a_database_that_is_full_says_so() {
    with_every_client(|host, driver| {
        let actor = get_or_create(driver, "sql", "full");
        rows(driver, &actor, "CREATE TABLE t (a)");
        let insert = "INSERT INTO t SELECT zeroblob(1000000) FROM (VALUES (1), (2), (3))";
        let refused = (0..10).find_map(|_| driver.call(&actor, "execute", json!([insert])).err());
        assert_eq!(refused.unwrap().path, "core.internal_error");
        host.output().wait_for(&["sqlite.full", "database or disk is full"]);
        let (path, message) = refusal(driver, &actor, insert);
        assert_eq!((path.as_str(), message.as_str()), ("sqlite.full", "database or disk is full"));
        assert_eq!(rows(driver, &actor, "SELECT count(*) AS n FROM t"), json!([{ "n": 15 }]));
        rows(driver, &actor, "DELETE FROM t");
        rows(driver, &actor, insert);
        assert_eq!(rows(driver, &actor, "PRAGMA integrity_check"), json!([{ "integrity_check": "ok" }]));
    });
}

#[test]
fn a_turn_that_writes_too_much_says_so() {
    let host = Host::start([component("sql")]);
    let actor = host.actor("sql", "a");
    let rows = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 36)";
    actor.output("execute", json!(["CREATE TABLE t (a); INSERT INTO t VALUES (1)"]));
    let sql = format!("INSERT INTO t {rows} SELECT zeroblob(1000000) FROM n");
    let found = actor.output("fill", json!([sql, "SELECT count(*) FROM t"]));
    assert_eq!(found, json!(["actor.turn_too_large", [1]]));
    assert_eq!(actor.output("execute", json!(["SELECT a FROM t"])), json!([{ "a": 1 }]));
    let check = actor.output("execute", json!(["PRAGMA integrity_check"]));
    assert_eq!(check, json!([{ "integrity_check": "ok" }]));
    let large = format!("{rows} SELECT zeroblob(1000000) FROM n");
    assert_eq!(actor.output("refusal", json!([large]))[0], "sqlite.result_too_large");
    assert_eq!(actor.output("refusal", json!(["SELECT zeroblob(1100000)"]))[0], "sqlite.toobig");
}

#[test]
fn a_query_that_does_not_end_is_ended_with_its_turn() {
    let host = Host::start([component("sql")]);
    let actor = host.actor("sql", "a");
    actor.output("execute", json!(["CREATE TABLE t (a)"]));
    let forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    let answer = actor.call("execute", json!([format!("INSERT INTO t VALUES (1); {forever}")]));
    assert_eq!((answer.status, answer.json()["code"].as_str()), (500, Some("panicked")));
    host.output().wait_for(&["out of CPU time"]);
    assert_eq!(actor.output("execute", json!(["SELECT count(*) AS n FROM t"])), json!([{ "n": 0 }]));
}

#[test]
fn nothing_reaches_out_of_the_database() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "sql", "forbidden");
        for sql in [
            "ATTACH '/tmp/rivet-host-test.db' AS other",
            "VACUUM INTO '/tmp/rivet-host-test.db'",
            "SELECT load_extension('x')",
            "PRAGMA journal_mode = DELETE",
            "PRAGMA writable_schema = 1",
        ] {
            assert_eq!(refusal(driver, &actor, sql).0, "sqlite.forbidden", "{sql}");
            assert_masked(driver, &actor, json!([sql]));
        }
        assert!(!std::path::Path::new("/tmp/rivet-host-test.db").exists());
    });
}

#[test]
fn a_copy_has_the_database_and_a_destroyed_actor_has_none() {
    let host = Host::start([component("sql")]);
    let actor = host.actor("sql", "a");
    actor.output("execute", json!(["CREATE TABLE t (a); INSERT INTO t VALUES (hex(randomblob(9000)))"]));
    let found = host.http().get("/actors?namespace=default&name=sql&key=a").json();
    let id = found["actors"][0]["actor_id"].as_str().unwrap().to_owned();
    let body = json!({ "key": ["b"] }).to_string();
    assert_eq!(host.http().post(&format!("/actors/{id}/fork"), body.as_bytes()).status, 200);
    let query = json!(["SELECT a FROM t"]);
    let copy = host.actor("sql", "b");
    assert_eq!(copy.output("execute", query.clone()), actor.output("execute", query.clone()));
    copy.output("execute", json!(["DELETE FROM t"]));
    assert_eq!(actor.output("execute", query).as_array().unwrap().len(), 1);
    actor.output("destroy", json!([]));
    let tables = json!(["SELECT name FROM sqlite_schema"]);
    // A call that comes before the end has come is for the actor that is ending.
    let gone = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        actor.call("execute", tables.clone()).json()["output"] == json!([])
    });
    assert!(gone, "the database outlived its actor");
}
