//! An actor that says when it wants to be awake is awake then, whatever became of it before, and nobody has to ask.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{Host, HostOptions, component};

use crate::{LOOK_EVERY, PATIENCE, awake, id, wait_for};

/// How late an actor may be, in milliseconds, on a machine that has other things to do.
const LATE_MS: u64 = 5_000;

fn host(snapshot: &str) -> Host {
    let option = format!("napper.snapshot={snapshot}");
    HostOptions::new([component("sleepers")]).args(["--option", &option]).start_deployed()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Begins a nap; the actor's id, and when the nap is to end.
fn begin(host: &Host, key: &str) -> (String, u64) {
    let status = host.actor("napper", key).output("status", json!([]));
    assert_eq!(status[1], Value::Null, "{status}");
    (id(host, "napper", key), status[0].as_u64().unwrap())
}

/// Waits until the actor has woken by itself and its nap has ended, which is to be in time. How often its own work began.
fn ended(host: &Host, key: &str, (id, until_ms): &(String, u64)) -> u64 {
    let until = Instant::now() + PATIENCE;
    let is_over = |awake: &Value| {
        let rests = awake["state"] == "asleep" && awake.get("wakes_at_ms").is_none();
        rests || (awake["state"] == "awake" && awake["causes"] == json!([]))
    };
    while !is_over(&awake(host, id)) {
        assert!(Instant::now() < until, "it does not end: {}", awake(host, id));
        std::thread::sleep(LOOK_EVERY);
    }
    assert!(now_ms() >= *until_ms, "too early");
    let status = host.actor("napper", key).output("status", json!([]));
    let done_ms = status[1].as_u64().unwrap_or_else(|| panic!("it has not ended: {status}"));
    assert!((*until_ms..until_ms + LATE_MS).contains(&done_ms), "{status}");
    status[2].as_u64().unwrap()
}

#[test]
fn it_sleeps_until_then() {
    for (snapshot, runs) in [("memory", 1), ("none", 2)] {
        let host = host(snapshot);
        let nap = begin(&host, "a");
        wait_for(&host, &nap.0, "asleep");
        assert!(now_ms() < nap.1, "it was to sleep, not to wait");
        assert_eq!(awake(&host, &nap.0)["wakes_at_ms"], nap.1);
        assert_eq!(ended(&host, "a", &nap), runs, "{snapshot}");
        wait_for(&host, &nap.0, "asleep");
        assert_eq!(awake(&host, &nap.0).get("wakes_at_ms"), None);
    }
}

#[test]
fn a_kill_changes_nothing() {
    let mut host = host("memory");
    let asleep = begin(&host, "asleep");
    wait_for(&host, &asleep.0, "asleep");
    let awake = begin(&host, "awake");
    host.kill();
    host.restart();
    assert_eq!(crate::state(&host, &awake.0), "asleep", "it is not time yet");
    assert_eq!(ended(&host, "asleep", &asleep), 1, "its memory was kept");
    assert_eq!(ended(&host, "awake", &awake), 2, "its memory was lost");
}

#[test]
fn a_time_that_passes_while_there_is_no_host_is_not_missed() {
    let mut host = host("none");
    let nap = begin(&host, "a");
    host.kill();
    while now_ms() < nap.1 {
        std::thread::sleep(Duration::from_millis(20));
    }
    host.restart();
    assert_eq!(ended(&host, "a", &nap), 2);
}

#[test]
fn who_traps_is_started_again_and_not_at_once_for_ever() {
    let host = host("memory");
    let began = Instant::now();
    // No call waits for it, which would have it started at once.
    let stumbler = json!({ "name": "stumbler", "key": "a", "runner_name_selector": "default" });
    let created = host.http().put("/actors?namespace=default", stumbler.to_string().as_bytes());
    assert_eq!(created.status, 200, "{}", created.text());
    host.output().wait_for(&["it stands after 5 starts"]);
    assert!(began.elapsed() > Duration::from_secs(2), "it is left alone for longer each time");
    assert_eq!(host.actor("stumbler", "a").output("starts", json!([])), 5);
}
