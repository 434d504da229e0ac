//! An actor falls asleep when nothing happens, and not while something keeps it awake.

use std::time::Duration;

use serde_json::{Value, json};
use support::{HostOptions, component};

use crate::{causes, host, id, state, wait_for};

/// Well over the sleep time-out of the guests.
const LONG: Duration = Duration::from_millis(700);

fn cause(name: &str) -> Vec<(String, u64)> {
    vec![(name.to_owned(), 1)]
}

#[test]
fn an_idle_actor_falls_asleep_and_a_call_wakes_it() {
    let host = host();
    let light = host.actor("light", "a");
    for calls in 1..4 {
        assert_eq!(light.output("calls", json!([])), calls, "its memory is gone");
        wait_for(&host, &id(&host, "light", "a"), "asleep");
    }
    assert_eq!(host.metric("rivet_actor_sleeps_total{reason=\"idle\"}"), 3);
}

#[test]
fn calls_keep_it_awake_and_the_time_begins_anew_with_each() {
    let host =
        HostOptions::new([component("sleepers")]).args(["--option", "light.sleepTimeout=2000"]).start();
    let light = host.actor("light", "a");
    for _ in 0..8 {
        light.output("calls", json!([]));
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(host.metric("rivet_actor_sleeps_total{reason=\"idle\"}"), 0);
    let busy = host.actor("busy", "a");
    let answer = std::thread::spawn(move || busy.output("dawdle", json!([LONG.as_millis() as u64])));
    host.actor("busy", "b").output("done", json!([]));
    wait_for(&host, &id(&host, "busy", "b"), "asleep");
    assert_eq!(causes(&host, &id(&host, "busy", "a")), cause("action"));
    assert_eq!(answer.join().unwrap(), "at last");
    wait_for(&host, &id(&host, "busy", "a"), "asleep");
}

#[test]
fn a_connection_keeps_it_awake() {
    let host = host();
    let mut link = host.actor("light", "a").connect(&Value::Null);
    link.output("calls", json!([]));
    std::thread::sleep(LONG);
    assert_eq!(causes(&host, &id(&host, "light", "a")), cause("connection"));
    drop(link);
    wait_for(&host, &id(&host, "light", "a"), "asleep");
}

#[test]
fn keep_awake_keeps_it_awake_and_wait_until_does_not() {
    let host = host();
    let (kept, waits) = (host.actor("busy", "kept"), host.actor("busy", "waits"));
    kept.output("keepAwake", json!([1_500]));
    waits.output("waitUntil", json!([1_500]));
    wait_for(&host, &id(&host, "busy", "waits"), "falling_asleep");
    assert_eq!(causes(&host, &id(&host, "busy", "waits")), cause("wait_until"));
    assert_eq!(causes(&host, &id(&host, "busy", "kept")), cause("keep_awake"));
    wait_for(&host, &id(&host, "busy", "waits"), "asleep");
    wait_for(&host, &id(&host, "busy", "kept"), "asleep");
    assert_eq!(waits.output("log", json!([])), json!(["waited until"]));
    assert_eq!(kept.output("log", json!([])), json!(["kept awake"]));
}

#[test]
fn who_does_not_sleep_does_not_sleep() {
    let host = host();
    host.actor("insomniac", "a").output("hello", json!([]));
    std::thread::sleep(LONG);
    assert_eq!(causes(&host, &id(&host, "insomniac", "a")), cause("no_sleep"));
    // Unless somebody asks for it.
    crate::sleep(&host, &id(&host, "insomniac", "a"));
    assert_eq!(state(&host, &id(&host, "insomniac", "a")), "asleep");
}

#[test]
fn it_may_ask_for_sleep_itself() {
    let host = host();
    let light = host.actor("light", "a");
    let said = light.output("nap", json!([]));
    assert!(said.as_str().unwrap().contains("stopping"), "a second wish is refused: {said}");
    wait_for(&host, &id(&host, "light", "a"), "asleep");
    assert_eq!(light.output("calls", json!([])), 1);
    assert_eq!(host.metric("rivet_actor_sleeps_total{reason=\"itself\"}"), 1);
    // Awake again, it may ask again.
    light.output("nap", json!([]));
    wait_for(&host, &id(&host, "light", "a"), "asleep");
}

#[test]
fn the_time_in_which_nothing_happens_begins_with_the_end_of_a_call() {
    let args = ["--option", "busy.sleepTimeout=5000"];
    let host = HostOptions::new([component("sleepers")]).args(args).start();
    let busy = host.actor("busy", "a");
    assert_eq!(busy.output("dawdle", json!([2_500])), "at last");
    let now_ms =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let told = crate::awake(&host, &id(&host, "busy", "a"));
    // The call began more than half of the time ago.
    assert!(told["sleeps_at_ms"].as_u64().unwrap() >= now_ms + 2_500, "{told} at {now_ms}");
}
