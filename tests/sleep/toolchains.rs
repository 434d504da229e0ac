//! Memory is kept without a line of guest code, whatever made the component.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use support::{Host, c_component, js_component, root};

use crate::{id, sleep};

/// Nothing of this test started cold.
fn assert_kept(host: &Host) {
    assert_eq!(host.metric("rivet_actor_sleeps_without_memory_total"), 0);
    assert_eq!(host.metric("rivet_actor_starts_total{origin=\"cold\"}"), 0);
}

#[test]
fn a_program_in_c() {
    let host = Host::start([c_component("memory.c", "memory", &[])]);
    let counter = host.actor("counter", "a");
    let number = |action: &str| counter.output(action, json!([])).as_u64().unwrap();
    for count in 1..4 {
        assert_eq!(number("increment"), count);
    }
    assert_eq!(number("wait"), 0);
    let id = id(&host, "counter", "a");
    sleep(&host, &id);
    assert_eq!((number("get"), number("sum")), (3, 6));
    // What its libc had open is open, and the half lines from before the sleep are ended.
    assert_eq!(number("increment"), 4);
    host.output().wait_for(&["count 4"]);
    sleep(&host, &id);
    std::thread::sleep(Duration::from_millis(350));
    // Its timer was due while it slept.
    while number("waited") == 0 {}
    assert_eq!((number("waited"), number("sum")), (1, 10));
    // A line that it has not ended is not ended by sleep.
    let lines = host.output().lines();
    assert!(!lines.iter().any(|line| line.contains("half a line")), "{lines:?}");
    assert_kept(&host);
}

#[test]
fn a_program_in_javascript_with_a_pending_promise() {
    let host = Host::start([js_component("promises.js", "promises")]);
    let counter = host.actor("counter", "a");
    for count in 1..3 {
        assert_eq!(counter.output("increment", json!([])), count);
    }
    counter.output("wait", json!([400]));
    assert_eq!(counter.output("increment", json!([])), 3);
    let id = id(&host, "counter", "a");
    let seen = || counter.output("seen", json!([]));
    let until = |expected: &str| {
        while seen() != expected {}
    };
    sleep(&host, &id);
    assert_eq!(counter.output("get", json!([])), 3);
    until("first 2 3");
    sleep(&host, &id);
    assert_eq!(counter.output("increment", json!([])), 4);
    until("first 2 3,second 2 4");
    assert_kept(&host);
}

#[test]
fn a_program_built_by_cargo_component() {
    let target = root().join("guest-examples/target/cargo-component");
    for (example, name) in [("guest-examples/counter", "counter"), ("tests/guests/memories", "memories")] {
        let mut cargo = Command::new("cargo");
        cargo.args(["component", "build", "--release"]).env("CARGO_TARGET_DIR", &target);
        let built = cargo.current_dir(root().join(example)).output().unwrap();
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(
            built.status.success(),
            "cargo-component 0.21.1 (tests/all.sh installs it) failed:\n{errors}"
        );
        let component = target.join("wasm32-wasip1/release").join(format!("{name}.wasm"));
        let host = Host::start([component]);
        if name == "counter" {
            let counter = host.actor("counter", "a");
            assert_eq!(counter.output("increment", json!([2])), 2);
            assert_eq!(counter.output("hits", json!([])), 2);
            sleep(&host, &id(&host, "counter", "a"));
            assert_eq!(
                (counter.output("hits", json!([])), counter.output("get", json!([]))),
                (json!(3), json!(2))
            );
        } else {
            // The adapter of WASI's first preview has globals and handles of its own.
            let watcher = host.actor("clock-watcher", "a");
            let keepsakes = host.actor("keepsakes", "a");
            for word in ["one", "two", "three"] {
                watcher.output("say", json!([word]));
                keepsakes.output("remember", json!([word]));
                sleep(&host, &id(&host, "clock-watcher", "a"));
                sleep(&host, &id(&host, "keepsakes", "a"));
            }
            host.output().wait_for(&["half of two out three"]);
            assert_eq!(keepsakes.output("count", json!(["one"])), 1);
            assert_eq!(keepsakes.output("recall", json!([])), json!([3, "onetwothree", 3, 10, 0]));
        }
        assert_kept(&host);
    }
}
