//! Random statements do on a store what they do in a plain SQLite: same rows, same errors, whatever the turns are.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed test panics, and says with which seed"
)]

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_store::{SqlError, SqlParams, SqlValue, Store};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params_from_iter};

mod sql;
use sql::{Actor, PLENTY, store};

const RUNS: u64 = 12;
const STEPS: usize = 500;

/// The other SQLite: rows as text, or nothing when it failed.
struct Plain(Connection);

type Outcome = Option<Vec<Vec<SqlValue>>>;

impl Plain {
    fn run(&self, sql: &str, params: &[SqlValue]) -> Outcome {
        let mut statement = self.0.prepare(sql).ok()?;
        let width = statement.column_count();
        let values = params.iter().map(|value| match value {
            SqlValue::Null => Value::Null,
            SqlValue::Integer(integer) => Value::Integer(*integer),
            SqlValue::Real(real) => Value::Real(*real),
            SqlValue::Text(text) => Value::Text(text.clone()),
            SqlValue::Blob(bytes) => Value::Blob(bytes.clone()),
        });
        let mut rows = statement.query(params_from_iter(values)).ok()?;
        let mut out = Vec::new();
        while let Some(row) = rows.next().ok()? {
            let value = |index| match row.get_ref(index).unwrap() {
                ValueRef::Null => SqlValue::Null,
                ValueRef::Integer(integer) => SqlValue::Integer(integer),
                ValueRef::Real(real) => SqlValue::Real(real),
                ValueRef::Text(text) => SqlValue::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => SqlValue::Blob(bytes.to_vec()),
            };
            out.push((0..width).map(value).collect());
        }
        Some(out)
    }
}

fn value(rng: &mut StdRng) -> SqlValue {
    let len = match rng.random_range(0..12) {
        0 => rng.random_range(4_000..40_000),
        1..4 => rng.random_range(100..2_000),
        _ => rng.random_range(0..30),
    };
    match rng.random_range(0..7) {
        0 => SqlValue::Null,
        1 => SqlValue::Integer(rng.random_range(-5..50)),
        2 => SqlValue::Integer(rng.random()),
        3 => SqlValue::Real(rng.random_range(-1e9..1e9)),
        4 => SqlValue::Text((0..len).map(|_| char::from(rng.random_range(0..128_u8))).collect()),
        5 => SqlValue::Text("é\0ü".repeat(len / 3)),
        _ => SqlValue::Blob((0..len).map(|_| rng.random()).collect()),
    }
}

/// A statement and its parameters.
fn statement(rng: &mut StdRng) -> (String, Vec<SqlValue>) {
    let table = format!("t{}", rng.random_range(0..4));
    let key = SqlValue::Integer(rng.random_range(0..400));
    let many = rng.random_range(1..60);
    let series = format!("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT {many})");
    let (sql, params) = match rng.random_range(0..34) {
        0 => (format!("CREATE TABLE {table} (a INTEGER PRIMARY KEY, b, c TEXT DEFAULT 'd')"), vec![]),
        1 => (format!("CREATE TABLE {table} (a PRIMARY KEY, b, c) WITHOUT ROWID"), vec![]),
        2 => (
            format!(
                "CREATE TABLE {table} (a INTEGER PRIMARY KEY REFERENCES t0 ON DELETE CASCADE, b UNIQUE, c)"
            ),
            vec![],
        ),
        3 if rng.random_bool(0.3) => (format!("DROP TABLE {table}"), vec![]),
        4 => (format!("CREATE INDEX i{} ON {table} (b, a)", rng.random_range(0..4)), vec![]),
        5 => (format!("DROP INDEX i{}", rng.random_range(0..4)), vec![]),
        6 if rng.random_bool(0.2) => (format!("ALTER TABLE {table} ADD COLUMN d DEFAULT 5"), vec![]),
        7 => (
            format!(
                "CREATE TRIGGER g AFTER DELETE ON {table} BEGIN INSERT OR IGNORE INTO t1 (a, b) VALUES (old.a + 1000, old.b); END"
            ),
            vec![],
        ),
        8 => ("DROP TRIGGER g".to_owned(), vec![]),
        9 => ("REINDEX".to_owned(), vec![]),
        10 => ("BEGIN".to_owned(), vec![]),
        11 | 12 => ("COMMIT".to_owned(), vec![]),
        13 => ("ROLLBACK".to_owned(), vec![]),
        14 => (format!("SAVEPOINT s{}", rng.random_range(0..3)), vec![]),
        15 => (format!("RELEASE s{}", rng.random_range(0..3)), vec![]),
        16 => (format!("ROLLBACK TO s{}", rng.random_range(0..3)), vec![]),
        17 => (format!("DELETE FROM {table} WHERE a % 3 = 1"), vec![]),
        18 => (format!("DELETE FROM {table} WHERE a = ?"), vec![key]),
        19 => (format!("UPDATE {table} SET b = ?, c = b WHERE a = ?"), vec![value(rng), key]),
        20 => (format!("UPDATE OR REPLACE {table} SET b = a % 7, a = a + 1"), vec![]),
        21 => (
            format!(
                "INSERT OR IGNORE INTO {table} (a, b, c) {series} SELECT x * 7 % 400, x || ?, hex(zeroblob(x * 40)) FROM n"
            ),
            vec![value(rng)],
        ),
        22 => (
            format!("INSERT OR ROLLBACK INTO {table} (a, b, c) VALUES (?, ?, ?)"),
            vec![key, value(rng), value(rng)],
        ),
        23 => (
            format!("REPLACE INTO {table} (a, b, c) VALUES (?, ?, ?) RETURNING a, length(b)"),
            vec![key, value(rng), value(rng)],
        ),
        24 => ("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name".to_owned(), vec![]),
        25 => (format!("SELECT * FROM {table} ORDER BY a LIMIT 50"), vec![]),
        26 => (format!("SELECT count(*), sum(length(b)), min(c), max(b) FROM {table}"), vec![]),
        27 => (format!("SELECT a FROM {table} WHERE b > ? ORDER BY b, a LIMIT 20"), vec![value(rng)]),
        28 => (
            format!("SELECT x.a, y.a FROM {table} x JOIN t1 y ON x.a = y.a + 1 ORDER BY 1, 2 LIMIT 30"),
            vec![],
        ),
        29 => ("SELECT changes(), total_changes(), last_insert_rowid()".to_owned(), vec![]),
        30 => ("PRAGMA foreign_key_check".to_owned(), vec![]),
        31 => ("ANALYZE".to_owned(), vec![]),
        _ => (format!("INSERT INTO {table} (a, b, c) VALUES (?, ?, ?)"), vec![key, value(rng), value(rng)]),
    };
    (sql, params)
}

/// An outcome, with a long value as its first characters.
fn brief(outcome: &Outcome) -> String {
    let cell = |value: &SqlValue| format!("{value:?}").chars().take(60).collect::<String>();
    let row = |row: &Vec<SqlValue>| row.iter().map(cell).collect::<Vec<_>>().join(" | ");
    outcome.as_ref().map_or("an error".to_owned(), |rows| rows.iter().map(row).collect::<Vec<_>>().join("\n"))
}

fn compare(store: &Store, actor: u8, seed: u64) {
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut actor = Actor::new(store, actor);
    let plain = Plain(Connection::open_in_memory().unwrap());
    let (mut failed, mut given) = (0, 0);
    for step in 0..STEPS {
        let (mut sql, params) = statement(&mut rng);
        if sql.starts_with("SELECT changes") {
            // The connection that these belong to may be another one by now.
            sql = "SELECT changes() > -1".to_owned();
        }
        let what = || format!("seed {seed}, step {step}: {sql}");
        let expected = plain.run(&sql, &params);
        let found = match actor.run(&sql, &SqlParams::Positional(params), PLENTY) {
            Ok(rows) => Some(rows.rows),
            Err(SqlError::Refused { .. }) => None,
            Err(error) => panic!("{}: {error}", what()),
        };
        failed += usize::from(expected.is_none());
        given += expected.as_ref().map_or(0, Vec::len);
        assert!(found == expected, "{}: {}, not {}", what(), brief(&found), brief(&expected));
        if rng.random_bool(0.2) && actor.end_turn() {
            plain.run("ROLLBACK", &[]).unwrap();
        } else if rng.random_bool(0.1) {
            if actor.end_turn() {
                plain.run("ROLLBACK", &[]).unwrap();
            }
            actor.sleep();
            if rng.random_bool(0.3) {
                store.fold().unwrap();
            }
            actor.check(&what());
        }
    }
    assert!(failed < STEPS * 2 / 3 && given > STEPS / 10, "seed {seed}: {failed} failed, {given} rows");
}

#[test]
fn random_statements_do_what_they_do_in_memory() {
    let (_dir, store) = store();
    let first = rand::rng().random_range(0..1_000_000);
    for (actor, seed) in (first..first + RUNS).enumerate() {
        compare(&store, actor as u8, seed);
    }
}
