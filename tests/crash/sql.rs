//! kill -9 while actors write to their databases: every database is whole, what was acknowledged is in it, and no
//! transaction is in it by halves.

use std::sync::atomic::Ordering;

use rand::Rng;
use serde_json::json;
use support::{Host, component, random};

use crate::kill::Progress;

const ACTORS: usize = 32;
const ROUNDS: usize = 12;
/// Acknowledged transactions of a round after which the host is killed, at most.
const MOST_PER_ROUND: u64 = 800;

const TABLES: &str =
    "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, pad TEXT); CREATE INDEX IF NOT EXISTS i ON t (pad);
    CREATE TABLE IF NOT EXISTS total (n)";
/// One row more, the total, and now and then a page of rows fewer; gives the number of the row.
const WRITE: &str = "BEGIN;
    INSERT INTO t VALUES ((SELECT coalesce(max(n), 0) + 1 FROM t), hex(randomblob(300)));
    DELETE FROM total; INSERT INTO total SELECT max(n) FROM t;
    DELETE FROM t WHERE n < (SELECT n FROM total) - 40;
    COMMIT; SELECT n FROM total";

/// What a client knows of its actor: the last row that was acknowledged, and whether one more was sent.
#[derive(Clone, Copy, Default)]
struct Known {
    acknowledged: u64,
    pending: bool,
}

#[test]
fn databases_are_whole_after_every_kill() {
    let mut random = random();
    let mut host = Host::start([component("sql")]);
    let mut known = [Known::default(); ACTORS];
    for round in 0..ROUNDS {
        load_until_killed(&mut host, &mut known, random.random_range(1..=MOST_PER_ROUND));
        host.restart();
        for (number, known) in known.iter_mut().enumerate() {
            settle(&host, number, known, round);
        }
    }
    let total: u64 = known.iter().map(|known| known.acknowledged).sum();
    println!("{total} transactions over {ACTORS} databases, {ROUNDS} kills");
}

/// One client an actor writes without pause, until the host is killed.
fn load_until_killed(host: &mut Host, known: &mut [Known], kill_after: u64) {
    let progress = Progress::default();
    std::thread::scope(|scope| {
        for (number, known) in known.iter_mut().enumerate() {
            let actor = host.actor("sql", &format!("crash {number}"));
            let progress = &progress;
            scope.spawn(move || {
                let Ok(_made) = actor.try_call("execute", json!([TABLES])) else { return };
                while !progress.killed.load(Ordering::SeqCst) {
                    known.pending = true;
                    let Ok(answer) = actor.try_call("execute", json!([WRITE])) else { return };
                    assert_eq!(answer.status, 200, "actor {number}: {}", answer.text());
                    let row = answer.json()["output"][0]["n"].as_u64().unwrap();
                    assert_eq!(row, known.acknowledged + 1, "actor {number} lost or doubled a row");
                    *known = Known { acknowledged: row, pending: false };
                    progress.one_more();
                }
            });
        }
        progress.wait_for(kill_after);
        host.kill();
        progress.killed.store(true, Ordering::SeqCst);
    });
}

/// Looks whether a database is whole, and what it has come to.
fn settle(host: &Host, number: usize, known: &mut Known, round: usize) {
    let actor = host.actor("sql", &format!("crash {number}"));
    let rows = |sql: &str| actor.output("execute", json!([sql]));
    let what = format!("round {round}, actor {number}");
    assert_eq!(rows("PRAGMA integrity_check"), json!([{ "integrity_check": "ok" }]), "{what}");
    rows(TABLES);
    let found = rows(
        "SELECT coalesce((SELECT n FROM total), 0) AS total, coalesce(max(n), 0) AS newest, count(*) AS rows FROM t",
    );
    let number = |name: &str| found[0][name].as_u64().unwrap();
    let (total, newest) = (number("total"), number("newest"));
    let most = known.acknowledged + u64::from(known.pending);
    assert!((known.acknowledged..=most).contains(&total), "{what}: {found} of {}", known.acknowledged);
    assert_eq!((newest, number("rows")), (total, total.min(41)), "{what}: a transaction is there by halves");
    *known = Known { acknowledged: total, pending: false };
}
