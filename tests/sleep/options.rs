//! Options of actors, set by whoever runs the host.

use std::process::Command;

use serde_json::json;
use support::{HostOptions, component, example, host_binary};

use crate::{awake, id, wait_for};

#[test]
fn the_command_line_is_stronger_than_the_manifest() {
    let args = [
        "--option",
        "sleepTimeoutMs=100",
        "--option",
        "light.noSleep=true",
        "--option",
        "insomniac.noSleep=false",
    ];
    let host = HostOptions::new([component("sleepers"), example("counter")]).args(args).start();
    host.actor("counter", "a").output("hits", json!([]));
    host.actor("insomniac", "a").output("hello", json!([]));
    host.actor("light", "a").output("calls", json!([]));
    wait_for(&host, &id(&host, "counter", "a"), "asleep");
    wait_for(&host, &id(&host, "insomniac", "a"), "asleep");
    let light = awake(&host, &id(&host, "light", "a"));
    assert_eq!((&light["state"], &light["causes"][0]["cause"]), (&json!("awake"), &json!("no_sleep")));
    assert_eq!(host.metric("rivet_actor_sleeps_total{reason=\"idle\"}"), 2);
}

#[test]
fn what_is_wrong_is_refused_before_the_host_starts() {
    for (option, expected) in [
        ("sleepTimeout", "name=value"),
        ("counter.napTime=5", "there is no option \"napTime\""),
        ("sleepTimeout=soon", "milliseconds"),
        ("snapshot=disk", "memory or none"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut host = Command::new(host_binary());
        host.args(["run", "--port", "0", "--option", option, "--data"]).arg(data.path());
        let output = host.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(expected), "{option}: {text}");
    }
}
