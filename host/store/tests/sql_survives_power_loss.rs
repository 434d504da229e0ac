//! Whenever the power fails, the database is whole, and as some turn has left it that was made: at `Durability::Sync` none
//! before the last that was acknowledged.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test panics")]

use std::sync::Arc;

use rivet_store::{Durability, Overlay, Store};

mod power_loss;
mod sql;
use power_loss::{PowerLossDisk, Unsynced};
use sql::Actor;

const TURNS: i64 = 14;

/// What a turn does: rows that together span several pages, and the number of the turn in a table of its own.
fn turn(actor: &mut Actor, number: i64) {
    actor.rows(&format!(
        "BEGIN; UPDATE turn SET number = {number};
         INSERT INTO t (n, b) SELECT {number}, randomblob(1500) FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3);
         UPDATE t SET b = randomblob(2000) WHERE n = {number} - 2; DELETE FROM t WHERE n < {number} - 5; COMMIT"
    ));
    if number % 4 == 0 {
        actor.rows("INSERT INTO t (n, b) VALUES (1, 0); DELETE FROM t WHERE n = 1");
    }
}

/// Runs the turns until the power fails. Gives the last that was acknowledged, and the last that was made.
fn run(disk: &PowerLossDisk) -> (i64, i64) {
    let Ok(store) = Store::open_on(Arc::new(disk.clone()), Durability::Sync) else { return (-1, -1) };
    let mut actor = Actor::new(&store, 1);
    actor.rows("CREATE TABLE turn (number); INSERT INTO turn VALUES (0); CREATE TABLE t (n, b); CREATE INDEX i ON t (n)");
    let (mut acknowledged, mut made) = (-1, -1);
    for number in 0..TURNS {
        if number > 0 {
            turn(&mut actor, number);
        }
        made = number;
        let writes = actor.overlay.take();
        if store.commit_wait(writes).is_err() {
            break;
        }
        acknowledged = number;
        if number % 5 == 3 {
            actor.sleep();
        }
        if number % 6 == 5 && store.fold().is_err() {
            break;
        }
    }
    actor.overlay = Overlay::new(store.clone());
    (acknowledged, made)
}

/// Opens what is left and looks at it.
fn check(disk: PowerLossDisk, least: i64, most: i64, what: &str) {
    let store = Store::open_on(Arc::new(disk), Durability::Sync).unwrap_or_else(|e| panic!("{what}: {e}"));
    let mut actor = Actor::new(&store, 1);
    actor.check(what);
    let is_made = actor.number("SELECT count(*) FROM sqlite_schema") > 0;
    let found = if is_made { actor.number("SELECT number FROM turn") } else { -1 };
    assert!((least..=most).contains(&found), "{what}: found turn {found}, not {least} to {most}");
    if found >= 0 {
        let rows = actor.number("SELECT count(*) FROM t");
        let oldest = (found - 5).max(1);
        let turns = if found == 0 { 0 } else { found - oldest + 1 };
        assert!((turns * 3 - 3..=turns * 3).contains(&rows), "{what}: {rows} rows of {turns} turns");
        turn(&mut actor, found + 1);
        actor.end_turn();
        actor.sleep();
        actor.check(&format!("{what}, later"));
    }
}

#[test]
fn every_crash_leaves_a_whole_database() {
    let whole = PowerLossDisk::default();
    assert_eq!(run(&whole), (TURNS - 1, TURNS - 1));
    check(whole.after_power_loss(Unsynced::Lost, 0), TURNS - 1, TURNS - 1, "closed");
    for step in 1..=whole.steps() {
        let disk = PowerLossDisk::default();
        disk.fail_at(step);
        let (acknowledged, made) = run(&disk);
        for unsynced in [Unsynced::Lost, Unsynced::Kept, Unsynced::Torn] {
            let what = format!("step {step}, unsynced {unsynced:?}");
            check(disk.after_power_loss(unsynced, step), acknowledged, made, &what);
        }
    }
}
