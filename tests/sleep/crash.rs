//! kill -9 while actors fall asleep and wake: nothing durable is lost, and no memory is ever older than what was heard
//! of it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::Rng;
use serde_json::json;
use support::random;

use crate::{host, id};

const ACTORS: usize = 16;
const ROUNDS: usize = 12;

/// What a client knows of its actor.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    count: u64,
    /// The last answer of `calls`, which lives in memory alone.
    calls: u64,
    /// Whether an `add`, or a call of `calls`, was sent and not answered.
    add_pending: bool,
    calls_pending: bool,
}

#[test]
fn no_memory_goes_back() {
    let mut random = random();
    let mut host = host();
    let mut known = [Known::default(); ACTORS];
    let ids: Vec<String> = (0..ACTORS)
        .map(|number| {
            host.actor("light", &number.to_string()).output("aborted", json!([]));
            id(&host, "light", &number.to_string())
        })
        .collect();
    let (mut from_memory, mut cold) = (0, 0);
    for _ in 0..ROUNDS {
        let killed = AtomicBool::new(false);
        let run_for = Duration::from_millis(random.random_range(50..600));
        std::thread::scope(|scope| {
            for ((number, known), id) in known.iter_mut().enumerate().zip(&ids) {
                let (killed, host) = (&killed, &host);
                scope.spawn(move || live(host, number, id, known, killed));
            }
            std::thread::sleep(run_for);
            killed.store(true, Ordering::SeqCst);
            let pid = host.pid().to_string();
            assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        host.restart();
        for (number, known) in known.iter_mut().enumerate() {
            let light = host.actor("light", &number.to_string());
            let calls = light.output("calls", json!([])).as_u64().unwrap();
            let most = known.calls + 1 + u64::from(known.calls_pending);
            assert!(
                calls == 1 || (known.calls + 1..=most).contains(&calls),
                "actor {number} remembers {calls} calls, after {known:?}"
            );
            *(if calls == 1 { &mut cold } else { &mut from_memory }) += 1;
            let count = light.output("add", json!([])).as_u64().unwrap();
            let most = known.count + 1 + u64::from(known.add_pending);
            assert!(
                (known.count + 1..=most).contains(&count),
                "actor {number} counts {count}, after {known:?}"
            );
            *known = Known { count, calls, ..Known::default() };
        }
    }
    println!("{from_memory} woke from memory after a kill, {cold} cold");
}

/// Calls an actor and sends it to sleep by turns, until the host is killed.
fn live(host: &support::Host, number: usize, id: &str, known: &mut Known, killed: &AtomicBool) {
    let light = host.actor("light", &number.to_string());
    let http = host.http();
    while !killed.load(Ordering::SeqCst) {
        known.add_pending = true;
        let Ok(answer) = light.try_call("add", json!([])) else { return };
        let count = answer.json()["output"].as_u64().unwrap();
        assert_eq!(count, known.count + 1, "actor {number}");
        (known.count, known.add_pending) = (count, false);
        known.calls_pending = true;
        let Ok(answer) = light.try_call("calls", json!([])) else { return };
        let calls = answer.json()["output"].as_u64().unwrap();
        assert_eq!(calls, known.calls + 1, "actor {number}: it slept, and nothing was lost");
        (known.calls, known.calls_pending) = (calls, false);
        let path = format!("/actors/{id}/sleep");
        if http.send("POST", &path, &[], b"").is_err() {
            return;
        }
    }
}
