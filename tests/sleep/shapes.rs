//! Components whose memory cannot be reached run all the same, and say why they sleep without.

use std::process::Command;

use serde_json::json;
use support::{Host, c_component, host_binary};

use crate::{id, sleep};

#[test]
fn a_component_that_changes_a_table() {
    let component = c_component("memory.c", "table", &["-DCHANGES_A_TABLE", "-mreference-types"]);
    let shown = Command::new(host_binary()).arg("inspect").arg(&component).output().unwrap();
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("snapshot  none: its code changes a table"), "{shown}");
    let host = Host::start([component]);
    host.output().wait_for(&["WARN", "sleep without a memory snapshot", "its code changes a table"]);
    let listed = host.http().get("/components").json();
    assert_eq!(listed["components"][0]["noSnapshot"], "its code changes a table");
    let counter = host.actor("counter", "a");
    assert_eq!(
        (counter.output("increment", json!([])), counter.output("increment", json!([]))),
        (json!(1), json!(2))
    );
    let id = id(&host, "counter", "a");
    sleep(&host, &id);
    host.output().wait_for(&["WARN", "asleep, without its memory", "its code changes a table", &id]);
    assert_eq!(counter.output("increment", json!([])), 1);
    assert_eq!(host.metric("rivet_actor_sleeps_without_memory_total"), 1);
    assert_eq!(host.metric("rivet_actor_starts_total{origin=\"cold\"}"), 1);
}

#[test]
fn an_actor_that_holds_what_cannot_be_had_again() {
    let host = Host::start([c_component("alarm.c", "alarm", &[])]);
    let alarm = host.actor("alarm", "a");
    assert_eq!((alarm.output("release", json!([])), alarm.output("hold", json!([]))), (json!(1), json!(2)));
    let id = id(&host, "alarm", "a");
    sleep(&host, &id);
    host.output().wait_for(&["WARN", "asleep, without its memory", "alarm of the clock", &id]);
    assert_eq!(alarm.output("hold", json!([])), 1, "this time it started cold");
    assert_eq!(alarm.output("release", json!([])), 2);
    sleep(&host, &id);
    assert_eq!(alarm.output("release", json!([])), 3, "this time it kept its memory");
}

#[test]
fn an_actor_that_opens_a_stream_while_it_starts() {
    let host = Host::start([c_component("memory.c", "speaks", &["-DSPEAKS_WHILE_IT_STARTS"])]);
    host.output().wait_for(&["WARN", "sleep without a memory snapshot", "while it starts"]);
    let counter = host.actor("counter", "a");
    assert_eq!(counter.output("increment", json!([])), 1);
    sleep(&host, &id(&host, "counter", "a"));
    assert_eq!(counter.output("get", json!([])), 0);
}
