//! What a program remembers is there after sleep, wherever it keeps it.

use serde_json::{Value, json};
use support::{Host, component, example};

use crate::{id, sleep};

fn host() -> Host {
    Host::start([component("memories")])
}

#[test]
fn variables_of_every_kind() {
    let host = host();
    let keepsakes = host.actor("keepsakes", "a");
    let mut remembered = Value::Null;
    for word in ["one", "two", "one"] {
        remembered = keepsakes.output("remember", json!([word]));
    }
    assert_eq!(remembered, json!([3, "onetwoone", 3, 10, 0]));
    sleep(&host, &id(&host, "keepsakes", "a"));
    assert_eq!(keepsakes.output("recall", json!([])), remembered);
    assert_eq!(keepsakes.output("count", json!(["one"])), 2, "the map does not find its keys any more");
    assert_eq!(keepsakes.output("remember", json!(["three"])), json!([4, "onetwoonethree", 4, 11, 0]));
}

#[test]
fn a_random_generator_goes_on() {
    let host = host();
    let sleeps = host.actor("keepsakes", "sleeps");
    let first = sleeps.output("random", json!([]));
    // What it will say next, said by a copy that does not sleep.
    let fork = json!({ "key": ["stays"] }).to_string();
    let original = id(&host, "keepsakes", "sleeps");
    assert_eq!(host.http().post(&format!("/actors/{original}/fork"), fork.as_bytes()).status, 200);
    let stays = host.actor("keepsakes", "stays");
    let expected: Vec<Value> = (0..4).map(|_| stays.output("random", json!([]))).collect();
    assert!(!expected.contains(&first));
    for number in expected {
        sleep(&host, &original);
        assert_eq!(sleeps.output("random", json!([])), number);
    }
}

#[test]
fn a_loop_goes_on_in_the_middle_of_its_wait() {
    let host = host();
    let walker = host.actor("sleepwalker", "a");
    walker.output("seen", json!([]));
    let id = id(&host, "sleepwalker", "a");
    let mut steps = 0;
    while steps < 4 {
        sleep(&host, &id);
        // Not in the middle of its step: its time comes while it sleeps.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let seen = walker.output("seen", json!([]));
        let seen = seen.as_array().unwrap();
        let expected: Vec<Value> =
            (0..seen.len().saturating_sub(1)).map(|n| json!(format!("step {n}"))).collect();
        assert_eq!(seen.get(1..).unwrap_or_default(), expected, "a step was lost or doubled");
        steps = expected.len();
    }
    assert_eq!(host.metric("rivet_actor_starts_total{origin=\"cold\"}"), 0);
}

#[test]
fn what_was_printed_and_the_clock_that_was_read() {
    let host = host();
    let watcher = host.actor("clock-watcher", "a");
    watcher.output("say", json!(["hello"]));
    let before = watcher.output("elapsedMs", json!([]));
    let id = id(&host, "clock-watcher", "a");
    sleep(&host, &id);
    std::thread::sleep(std::time::Duration::from_millis(150));
    watcher.output("say", json!(["again"]));
    // The half line from before the sleep is ended by what came after it.
    host.output().wait_for(&["half of hello out again at true"]);
    host.output().wait_for(&["err again"]);
    let after = watcher.output("elapsedMs", json!([]));
    assert!(after.as_u64() >= before.as_u64().map(|ms| ms + 150), "{before} then {after}");
    sleep(&host, &id);
    watcher.output("say", json!(["once more"]));
    host.output().wait_for(&["half of again out once more"]);
    assert_eq!(host.metric("rivet_actor_starts_total{origin=\"cold\"}"), 0);
}

#[test]
fn the_clock_never_goes_back_over_a_restart() {
    let mut host = host();
    let watcher = host.actor("clock-watcher", "a");
    watcher.output("say", json!(["hello"]));
    std::thread::sleep(std::time::Duration::from_millis(300));
    let before = watcher.output("elapsedMs", json!([])).as_u64().unwrap();
    sleep(&host, &id(&host, "clock-watcher", "a"));
    host.kill();
    host.restart();
    // The monotonic clock of the new host began at nothing.
    let after = host.actor("clock-watcher", "a").output("elapsedMs", json!([])).as_u64().unwrap();
    assert!(after >= before && before >= 300, "{before} then {after}");
}

#[test]
fn who_is_woken_and_does_nothing_keeps_its_memory() {
    let host = Host::start([example("counter")]);
    let counter = host.actor("counter", "a");
    assert_eq!(counter.output("hits", json!([])), 1);
    let id = id(&host, "counter", "a");
    for n in 0..3 {
        sleep(&host, &id);
        // To be copied it wakes, and says nothing to anybody.
        let fork = json!({ "key": [n.to_string()] }).to_string();
        assert_eq!(host.http().post(&format!("/actors/{id}/fork"), fork.as_bytes()).status, 200);
        assert_eq!(crate::state(&host, &id), "awake");
    }
    sleep(&host, &id);
    assert_eq!(counter.output("hits", json!([])), 2);
}

#[test]
fn a_heap_of_64_mib() {
    let host = host();
    let heap = host.actor("heap", "a");
    let filled = heap.output("fill", json!([64]));
    let id = id(&host, "heap", "a");
    for _ in 0..2 {
        sleep(&host, &id);
        assert_eq!(heap.output("checksum", json!([])), filled);
    }
    assert_eq!(host.metric("rivet_actor_sleeps_without_memory_total"), 0);
}

#[test]
fn hits_of_the_counter() {
    let host = Host::start([example("counter")]);
    let counter = host.actor("counter", "a");
    assert_eq!(counter.output("increment", json!([5])), 5);
    assert_eq!(counter.output("hits", json!([])), 2);
    sleep(&host, &id(&host, "counter", "a"));
    assert_eq!(counter.output("hits", json!([])), 3);
    assert_eq!(counter.output("get", json!([])), 5);
}

#[test]
fn ticks_of_the_ticker() {
    let host = Host::start([example("ticker")]);
    let input = "oWtpbnRlcnZhbF9tcxgZ"; // {"interval_ms": 25} as CBOR
    let body = json!({ "name": "ticker", "key": "a", "input": input, "runner_name_selector": "default" });
    assert_eq!(host.http().put("/actors?namespace=default", body.to_string().as_bytes()).status, 200);
    let ticker = host.actor("ticker", "a");
    let status = || ticker.output("status", json!([]));
    while status()["ticks"].as_u64().unwrap() < 12 {}
    let before = status();
    assert_eq!((&before["wakes"], &before["cold_starts"]), (&json!(0), &json!(1)));
    sleep(&host, &id(&host, "ticker", "a"));
    std::thread::sleep(std::time::Duration::from_millis(500));
    let after = status();
    assert_eq!((&after["wakes"], &after["cold_starts"]), (&json!(1), &json!(1)));
    let ticks = after["ticks"].as_u64().unwrap() - before["ticks"].as_u64().unwrap();
    assert!(ticks < 15, "it ticked {ticks} times while it slept");
    while status()["ticks"].as_u64().unwrap() < 20 {}
}
