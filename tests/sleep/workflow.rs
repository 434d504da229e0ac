//! A workflow that waits sleeps, and goes on in time by itself: with its memory and without, after a kill and with other code.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::{Host, HostOptions, changed, component};

use crate::{LOOK_EVERY, PATIENCE, awake, id, wait_for};

/// How late it may be, in milliseconds, on a machine that has other things to do.
const LATE_MS: u64 = 10_000;

/// Starts a workflow, and waits until it sleeps; its id.
fn fallen_asleep(host: &Host) -> String {
    let body = json!({ "name": "naps", "key": "a", "runner_name_selector": "default" }).to_string();
    let created = host.http().put("/actors?namespace=default", body.as_bytes());
    assert_eq!(created.status, 200, "{}", created.text());
    let id = id(host, "naps", "a");
    while shown(host, &id)["workflowState"] != "sleeping" {
        std::thread::sleep(LOOK_EVERY);
    }
    wait_for(host, &id, "asleep");
    assert_eq!(awake(host, &id)["wakes_at_ms"], deadline(&shown(host, &id)));
    id
}

/// What it has done. To ask does not wake it.
fn shown(host: &Host, id: &str) -> Value {
    let answer = host.http().get(&format!("/actors/{id}/workflow-history"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn deadline(shown: &Value) -> Value {
    let mut entries = shown["history"]["entries"].as_array().unwrap().iter();
    let nap = entries.find(|entry| entry["kind"]["tag"] == "WorkflowSleepEntry");
    nap.unwrap_or_else(|| panic!("it has no nap: {shown}"))["kind"]["val"]["deadline"].clone()
}

/// Waits until it has ended by itself, in time, with everything done once.
fn ends(host: &Host, id: &str) {
    let until = Instant::now() + PATIENCE;
    let ended = loop {
        let shown = shown(host, id);
        if shown["workflowState"] == "completed" {
            break shown;
        }
        assert!(Instant::now() < until, "it does not end: {shown}");
        std::thread::sleep(LOOK_EVERY);
    };
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let deadline_ms = deadline(&ended).as_u64().unwrap();
    assert!((deadline_ms..deadline_ms + LATE_MS).contains(&now_ms), "{now_ms} {ended}");
    let did = host.actor("naps", "a").output("look", json!([]));
    let all = json!({ "seen": ["before", "after"], "counts": [1, 1], "rows": ["before", "after"] });
    assert_eq!(did, all);
}

fn starts(host: &Host, origin: &str) -> u64 {
    host.metric(&format!("rivet_actor_starts_total{{origin=\"{origin}\"}}"))
}

#[test]
fn with_its_memory() {
    let host = HostOptions::new([component("flows")]).start_deployed();
    let id = fallen_asleep(&host);
    ends(&host, &id);
    assert!(starts(&host, "snapshot") > 0);
}

#[test]
fn without_its_memory() {
    let options = HostOptions::new([component("flows")]).args(["--option", "naps.snapshot=none"]);
    let host = options.start_deployed();
    let id = fallen_asleep(&host);
    ends(&host, &id);
    assert!(starts(&host, "cold") > 0);
}

#[test]
fn after_a_kill() {
    let mut host = HostOptions::new([component("flows")]).start_deployed();
    let id = fallen_asleep(&host);
    host.kill();
    host.restart();
    ends(&host, &id);
}

#[test]
fn with_other_code() {
    let host = HostOptions::new([component("flows")]).start_deployed();
    let [next, first] =
        [changed(&component("flows"), 2), component("flows")].map(|path| std::fs::read(path).unwrap());
    let deploy = |bytes: &[u8]| assert_eq!(host.http().put("/components/flows", bytes).status, 200);
    // So that it is compiled already: the nap is short.
    deploy(&next);
    deploy(&first);
    let id = fallen_asleep(&host);
    deploy(&next);
    ends(&host, &id);
    host.output().wait_for(&["INFO", "starts cold, without its memory snapshot", "another component", &id]);
}

#[test]
fn a_copy_begins_anew() {
    let host = HostOptions::new([component("flows")]).start_deployed();
    let original = fallen_asleep(&host);
    let forked =
        host.http().post(&format!("/actors/{original}/fork"), json!({ "key": ["b"] }).to_string().as_bytes());
    let forked = forked.json();
    assert_eq!(forked["memory"], false, "{forked}");
    assert!(forked["reason"].as_str().unwrap().contains("workflow"), "{forked}");
    let copy = forked["actor"]["actor_id"].as_str().unwrap();
    // Nobody calls it, and it begins by itself.
    let until = Instant::now() + PATIENCE;
    while shown(&host, copy)["workflowState"] != "sleeping" {
        assert!(Instant::now() < until, "{}", shown(&host, copy));
        std::thread::sleep(LOOK_EVERY);
    }
    assert_eq!(host.actor("naps", "b").output("look", json!([]))["seen"], json!(["before", "before"]));
    ends(&host, &original);
}
