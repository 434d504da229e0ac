//! A host that is told to end lets its actors sleep: the next one goes on from their memory.

use serde_json::json;

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
