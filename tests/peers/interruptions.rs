//! Whatever becomes of the other actor in the middle of a call: the caller gets an error with a name, or the answer.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{Answer, Host, component};

use crate::{host, id, peer, wait_until_answering};

/// Lets `a` call a slow action of `b`, does something to `b` in the middle, and gives the answer that the caller of `a` gets.
fn in_the_middle(host: &Host, action: &str, ms: u64, interrupt: impl FnOnce()) -> Answer {
    peer(host, "b").output("count", json!([]));
    let began = Instant::now();
    let answer = std::thread::scope(|scope| {
        let a = peer(host, "a");
        let asked = scope.spawn(move || a.call("ask", json!(["b", action, [ms]])));
        wait_until_answering(host, "b", 1);
        interrupt();
        asked.join().unwrap()
    });
    // No more than the time-out of an action (2 s) and what a busy machine takes.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    answer
}

#[test]
fn one_that_traps_is_an_error_with_a_name() {
    let host = host();
    let crash = || assert_eq!(peer(&host, "b").call("crash", json!([])).error(), "actor.panicked");
    let answer = in_the_middle(&host, "slow", 1_000, crash);
    assert_eq!(answer.error(), "actor.panicked");
    // It lives on, and nothing of the turn that trapped is there.
    assert_eq!(peer(&host, "a").output("ask", json!(["b", "count", []])), 0);
}

#[test]
fn one_that_is_destroyed_is_an_error_with_a_name() {
    let host = host();
    let gone = {
        peer(&host, "b").output("count", json!([]));
        id(&host, "b")
    };
    let destroy = || {
        let answer = host.http().delete(&format!("/actors/{gone}?namespace=default"));
        assert_eq!(answer.status, 200);
    };
    let answer = in_the_middle(&host, "slow", 1_000, destroy);
    assert_eq!(answer.error(), "actor.aborted");
    // By its key the next one is called.
    assert_eq!(peer(&host, "a").output("ask", json!(["b", "add", [1]])), 1);
    assert_ne!(id(&host, "b"), gone);
}

#[test]
fn one_that_is_to_sleep_answers_first() {
    let host = host();
    let b = {
        peer(&host, "b").output("count", json!([]));
        id(&host, "b")
    };
    let sleep = || assert_eq!(host.http().post(&format!("/actors/{b}/sleep"), b"").status, 200);
    let answer = in_the_middle(&host, "slow", 500, sleep);
    assert_eq!(answer.json()["output"], "slow");
    // And one that sleeps is woken by a call.
    assert_eq!(host.http().get(&format!("/actors/{b}/awake")).json()["state"], "asleep");
    assert_eq!(peer(&host, "a").output("ask", json!(["b", "add", [1]])), 1);
}

#[test]
fn one_whose_component_is_replaced_answers() {
    let host = host();
    let deploy = || {
        // The same source, with a byte more: another version.
        let mut bytes = std::fs::read(component("peers")).unwrap();
        bytes.extend_from_slice(&[0, 2, 1, b'x']);
        let answer = host.http().send("PUT", "/components/peers", &[], &bytes).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    let answer = in_the_middle(&host, "slow", 1_000, deploy);
    assert_eq!(answer.json()["output"], "slow");
    let b = id(&host, "b");
    assert_eq!(host.http().post(&format!("/actors/{b}/sleep"), b"").status, 200);
    assert_eq!(peer(&host, "a").output("ask", json!(["b", "add", [1]])), 1);
}

#[test]
fn a_caller_that_traps_or_gives_up_holds_nobody_up() {
    let host = host();
    let crash = || assert_eq!(peer(&host, "a").call("crash", json!([])).error(), "actor.panicked");
    peer(&host, "a").output("count", json!([]));
    let answer = in_the_middle(&host, "slowAlone", 300, crash);
    assert_eq!(answer.error(), "actor.panicked");
    // The other one goes on, and is free afterwards.
    assert_eq!(peer(&host, "b").output("add", json!([1])), 1);
    peer(&host, "a").output("askAndForget", json!(["c", 50]));
    assert_eq!(peer(&host, "c").output("count", json!([])), 0);
}

#[test]
fn one_that_takes_too_long_is_a_time_out() {
    let host = host();
    let seen = host.actor("registrar", "r").output("errorOf", json!(["b", "slow", [60_000]]));
    assert_eq!((&seen["group"], &seen["code"]), (&json!("actor"), &json!("action_timed_out")));
}

#[test]
fn a_host_that_is_killed_in_the_middle_leaves_whole_turns() {
    let mut host = host();
    for round in 0..10 {
        std::thread::scope(|scope| {
            let a = peer(&host, "a");
            scope.spawn(move || while a.try_call("addVia", json!(["b", 1])).is_ok() {});
            std::thread::sleep(Duration::from_millis(100));
            let pid = host.pid().to_string();
            assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        host.restart();
        let a = peer(&host, "a").output("count", json!([])).as_i64().unwrap();
        let b = peer(&host, "b").output("count", json!([])).as_i64().unwrap();
        assert!(b > 0, "round {round}: nobody was called");
        // Each call adds one, and then the answer, which is what the other has come to.
        assert!(a >= b, "round {round}: {a} of {b}");
    }
}
