//! SQL: values, transactions, and the hook that makes the tables.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use rivet_guest::testing::TestActor;
use rivet_guest::{Actor, Ctx, Result, SqlValue, UserError, actor, named_params};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Default, Serialize, Deserialize)]
struct Notes;

const STEPS: &[&str] = &["CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT UNIQUE)"];

#[actor(sql_max_bytes = 65_536)]
impl Notes {
    fn on_migrate(ctx: &Ctx, is_new: bool) -> Result<()> {
        ctx.log().info(format_args!("on_migrate {is_new}"));
        ctx.sql().migrate(STEPS)
    }

    pub fn add(&self, ctx: &Ctx, text: String) -> Result<i64> {
        Ok(ctx.sql().execute("INSERT INTO notes (text) VALUES (?)", [text])?.last_insert_rowid)
    }

    /// Adds all of them, or none; those of the inner transaction are left out if they fail.
    pub fn add_all(&self, ctx: &Ctx, outer: Vec<String>, inner: Vec<String>) -> Result<()> {
        ctx.sql().transaction(|sql| {
            for text in outer {
                sql.execute("INSERT INTO notes (text) VALUES (:text)", named_params! { "text": text })?;
            }
            let _either = sql.transaction(|sql| {
                for text in inner {
                    sql.execute("INSERT INTO notes (text) VALUES (?)", (text,))?;
                }
                Ok(())
            });
            Ok(())
        })
    }

    pub fn refuse(&self, ctx: &Ctx) -> Result<()> {
        ctx.sql().transaction(|sql| {
            sql.execute("DELETE FROM notes", ())?;
            Err(UserError::new("no").into())
        })
    }

    pub fn forget(&self, ctx: &Ctx) -> Result<()> {
        ctx.sql().execute("BEGIN; DELETE FROM notes", ())?;
        Ok(())
    }

    pub fn all(&self, ctx: &Ctx) -> Result<Vec<String>> {
        ctx.sql().query("SELECT text FROM notes ORDER BY id", ())
    }

    pub fn echo(&self, ctx: &Ctx, value: SqlValue) -> Result<Option<(SqlValue, String)>> {
        ctx.sql().query_one("SELECT ?1, typeof(?1)", [value])
    }
}

/// A version before there were tables.
#[derive(Default, Serialize, Deserialize)]
struct Before;

#[actor(name = "notes")]
impl Before {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        ctx.sql().execute("PRAGMA user_version = 9", ())?;
        Ok(())
    }
}

/// One whose migration fails when it has done something.
#[derive(Default, Serialize, Deserialize)]
struct Broken;

#[actor(name = "notes")]
impl Broken {
    fn on_migrate(ctx: &Ctx) -> Result<()> {
        ctx.sql().execute("DROP TABLE notes", ())?;
        Err(UserError::new("no").into())
    }
}

fn notes() -> TestActor<Notes> {
    TestActor::create().unwrap()
}

fn all(notes: &mut TestActor<Notes>) -> Value {
    notes.call("all", ()).unwrap()
}

#[test]
fn the_manifest_says_how_large_it_may_be() {
    let manifest: Value = serde_json::from_str(&Notes::MANIFEST.to_json()).unwrap();
    assert_eq!(manifest["options"], json!({ "sqlMaxBytes": 65536 }));
}

#[test]
fn the_tables_are_made_once_and_last() {
    let mut notes = notes();
    assert_eq!(notes.call::<i64>("add", ["a"]).unwrap(), 1);
    notes.restart().unwrap();
    assert_eq!(all(&mut notes), json!(["a"]));
    assert_eq!(notes.log(), ["info: on_migrate true", "info: on_migrate false"]);
}

#[test]
fn a_migration_that_fails_is_undone_and_stops_the_start() {
    let mut notes = notes();
    notes.call::<i64>("add", ["a"]).unwrap();
    let error = notes.upgrade::<Broken>().map(|_| ()).unwrap_err();
    assert_eq!(error.message(), "no");
    let mut notes = TestActor::<Notes>::create().unwrap();
    assert_eq!(all(&mut notes), json!([]));
    let before = TestActor::<Before>::create().unwrap();
    let error = before.upgrade::<Notes>().map(|_| ()).unwrap_err();
    assert!(error.message().contains("version 9"), "{error}");
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    let mut notes = notes();
    notes.call::<()>("addAll", json!([["a", "b"], ["c"]])).unwrap();
    let error = notes.call::<()>("addAll", json!([["d", "a"], []])).unwrap_err();
    assert_eq!((error.group(), error.code()), ("sqlite", "constraint"));
    notes.call::<()>("addAll", json!([["e"], ["f", "a"]])).unwrap();
    assert_eq!(notes.call::<()>("refuse", ()).unwrap_err().message(), "no");
    assert_eq!(all(&mut notes), json!(["a", "b", "c", "e"]));
}

#[test]
fn a_transaction_ends_with_its_turn() {
    let mut notes = notes();
    notes.call::<i64>("add", ["a"]).unwrap();
    notes.call::<()>("forget", ()).unwrap();
    assert_eq!(all(&mut notes), json!(["a"]));
    assert!(notes.log().iter().any(|line| line.contains("SQL transaction")), "{:?}", notes.log());
}

#[test]
fn values_come_back_as_they_went() {
    let mut notes = notes();
    for (value, kind) in [
        (json!(null), "null"),
        (json!(9_007_199_254_740_993_i64), "integer"),
        (json!(-1.5), "real"),
        (json!("a\0b"), "text"),
    ] {
        assert_eq!(notes.call::<Value>("echo", [&value]).unwrap(), json!([value, kind]));
    }
    let bytes: (rivet_guest::Value, String) = notes.call("echo", json!([[0, 255]])).unwrap();
    assert_eq!(bytes, (rivet_guest::Value::Bytes(vec![0, 255]), "blob".to_owned()));
    assert!(notes.call::<Value>("echo", [true]).is_err());
}
