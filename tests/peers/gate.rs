//! A call leaves with the turn that makes it: not before its commit, and not if it traps.

use std::process::Child;
use std::time::Duration;

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
    assert_eq!((a.output("count", json!([])), b.output("count", json!([]))), (json!(0), json!(0)));
    // The other one writes nothing, and is called once what the first one wrote is on the disk.
    let waited_ms = || {
        let [asked_ms, called_ms] =
            serde_json::from_value::<[u64; 2]>(a.output("addAndAskNow", json!(["b"]))).unwrap();
        u128::from(called_ms - asked_ms)
    };
    assert!(waited_ms() < DELAY.as_millis());
    // From here on each sync takes that long.
    let slowed = Slowed::attach(&host, DELAY);
    assert!(waited_ms() >= DELAY.as_millis());
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
