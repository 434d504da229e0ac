//! A call leaves with the turn that makes it: not before its commit, and not if it traps.

use std::process::Child;
use std::time::{Duration, Instant};

use serde_json::json;
use support::Host;

use crate::{host, peer};

#[test]
fn a_turn_that_traps_has_called_nobody() {
    let host = host();
    for _ in 0..20 {
        assert_eq!(peer(&host, "a").call("askAndCrash", json!(["b"])).error(), "actor.panicked");
    }
    assert_eq!(peer(&host, "b").output("count", json!([])), 0);
}

#[test]
fn what_was_written_before_a_call_is_there_after_a_kill() {
    let mut host = host();
    for round in 1..=5i64 {
        std::thread::scope(|scope| {
            let a = peer(&host, "a");
            scope.spawn(move || drop(a.try_call("addVia", json!(["b", 1]))));
            // The other one has been called: what the caller wrote first must be there.
            let b = peer(&host, "b");
            while b.output("count", json!([])).as_i64().unwrap() < round {
                std::thread::yield_now();
            }
        });
        host.kill();
        host.restart();
        let a = peer(&host, "a").output("count", json!([])).as_i64().unwrap();
        let b = peer(&host, "b").output("count", json!([])).as_i64().unwrap();
        assert_eq!(b, round);
        // The sum of what it added itself, and perhaps of the answers that it got.
        assert!(a >= round, "round {round}: {a}");
    }
}

#[test]
fn a_call_waits_for_the_disk() {
    let host = host();
    let (a, b) = (peer(&host, "a"), peer(&host, "b"));
    a.output("add", json!([1]));
    assert_eq!(b.output("count", json!([])), 0);
    // From here on each sync takes that long.
    let slowed = Slowed::attach(&host, DELAY);
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| a.output("addVia", json!(["b", 1])));
        // To look at it writes nothing, and so waits for no sync but those of others.
        while b.output("count", json!([])) == 0 {}
        assert!(began.elapsed() >= DELAY, "called after {:?}", began.elapsed());
    });
    slowed.end();
}

const DELAY: Duration = Duration::from_millis(400);

/// A host whose syncs take long.
struct Slowed(Child);

impl Slowed {
    fn attach(host: &Host, delay: Duration) -> Self {
        let inject = format!("inject=fdatasync:delay_enter={}", delay.as_micros());
        Self(host.attach_strace(["-e", "trace=fdatasync", "-e", &inject, "-o", "/dev/null"]))
    }

    fn end(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
