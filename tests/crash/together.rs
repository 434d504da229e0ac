//! State, KV data, SQL, queue and schedules of a turn stand or fall together: in every trap, and whenever the host is killed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rand::Rng;
use serde_json::{Value, json};
use support::{Actor, Host, component, random};

const ACTORS: usize = 8;
const ROUNDS: usize = 12;

/// What a client knows of its actor.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The number that was acknowledged last.
    acknowledged: u64,
    /// The number that was sent and not answered.
    pending: Option<u64>,
}

/// The number that an actor has everywhere.
fn number(actor: &Actor) -> u64 {
    let kept = actor.output("read", json!([]));
    let number = kept["state"].as_u64().unwrap();
    let everywhere = match number {
        0 => json!({ "state": 0, "kv": null, "sql": null, "queue": [], "schedule": [] }),
        _ => json!({ "state": number, "kv": number, "sql": number, "queue": [number], "schedule": [number] }),
    };
    assert_eq!(kept, everywhere);
    number
}

#[test]
fn a_turn_that_traps_has_written_nothing_anywhere() {
    let host = Host::start([component("together")]);
    let actor = host.actor("together", "traps");
    assert_eq!(actor.call("writeAndPanic", json!([1])).error(), "actor.panicked");
    assert_eq!(number(&actor), 0);
    actor.output("write", json!([2]));
    assert_eq!(actor.call("writeAndPanic", json!([3])).error(), "actor.panicked");
    assert_eq!(number(&actor), 2);
}

#[test]
fn a_host_that_is_killed_leaves_whole_turns() {
    let mut random = random();
    let mut host = Host::start([component("together")]);
    let mut known = [Known::default(); ACTORS];
    for round in 0..ROUNDS {
        let (killed, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
        let enough = random.random_range(1..600);
        std::thread::scope(|scope| {
            for (index, known) in known.iter_mut().enumerate() {
                let (host, killed, acknowledged) = (&host, &killed, &acknowledged);
                scope.spawn(move || write_until_killed(host, index, known, killed, acknowledged));
            }
            while acknowledged.load(Ordering::SeqCst) < enough {
                std::thread::sleep(Duration::from_millis(1));
            }
            killed.store(true, Ordering::SeqCst);
            let pid = host.pid().to_string();
            assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        host.restart();
        for (index, known) in known.iter_mut().enumerate() {
            let found = number(&host.actor("together", &index.to_string()));
            let possible = [Some(known.acknowledged), known.pending];
            assert!(possible.contains(&Some(found)), "round {round}, actor {index}: {found} after {known:?}");
            *known = Known { acknowledged: found, pending: None };
        }
    }
    let total: u64 = known.iter().map(|known| known.acknowledged).sum();
    println!("{total} turns of {ACTORS} actors, {ROUNDS} kills");
}

/// Writes one number after the other; every tenth turn traps.
fn write_until_killed(host: &Host, index: usize, known: &mut Known, killed: &AtomicBool, count: &AtomicU64) {
    let actor = host.actor("together", &index.to_string());
    while !killed.load(Ordering::SeqCst) {
        let next = known.acknowledged + 1;
        if next.is_multiple_of(10) && actor.try_call("writeAndPanic", json!([next + 1_000_000])).is_err() {
            return;
        }
        known.pending = Some(next);
        let Ok(answer) = actor.try_call("write", json!([next])) else { return };
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["output"], Value::from(next));
        *known = Known { acknowledged: next, pending: None };
        count.fetch_add(1, Ordering::SeqCst);
    }
}
