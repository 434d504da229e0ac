//! A host that is told to end lets its actors sleep: the next one goes on from their memory.

use serde_json::json;
use support::{HostOptions, component};

use crate::host;

#[test]
fn memory_outlives_a_restart_of_the_host() {
    let mut host = host();
    let mut calls = 0;
    for _ in 0..3 {
        for key in 0..8 {
            let light = host.actor("light", &key.to_string());
            assert_eq!(light.output("calls", json!([])), calls + 1, "{key}");
            light.output("add", json!([]));
        }
        calls += 1;
        host.terminate();
        assert!(host.wait().success());
        host.restart();
    }
    assert_eq!(host.actor("light", "0").output("add", json!([])), calls + 1);
}

#[test]
fn what_takes_too_long_is_not_waited_for_and_memory_is_kept_all_the_same() {
    let args = ["--option", "sleepGracePeriod=600000"];
    let mut host = HostOptions::new([component("sleepers")]).args(args).start();
    let busy = host.actor("busy", "a");
    busy.output("keepAwake", json!([1]));
    while busy.output("log", json!([])) != json!(["kept awake"]) {}
    busy.output("waitUntil", json!([600_000]));
    let others: Vec<_> = (0..20).map(|key| host.actor("light", &key.to_string())).collect();
    others.iter().for_each(|light| assert_eq!(light.output("calls", json!([])), 1));
    host.terminate();
    assert!(host.wait().success());
    host.restart();
    assert_eq!(host.actor("busy", "a").output("log", json!([])), json!(["kept awake"]));
    for key in 0..20 {
        assert_eq!(host.actor("light", &key.to_string()).output("calls", json!([])), 2, "{key}");
    }
}
