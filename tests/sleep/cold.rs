//! A memory that cannot be had back is a cold start and a line in the log, and never anything else.

use rivet_ground::ActorId;
use rivet_store::{Durability, KeyRange, Store, Table, WriteSet};
use serde_json::json;
use support::{Host, HostOptions, changed, component};

use crate::{host, id, sleep};

const COLD: &str = "starts cold, without its memory snapshot";

/// Changes the stored snapshot of an actor while no host has the data.
fn tamper(host: &Host, id: &str, change: impl Fn(&mut Vec<u8>)) {
    let store = Store::open(&host.data(), Durability::Sync).unwrap();
    let id: ActorId = id.parse().unwrap();
    let rows = store.scan(Table::Snapshots, &KeyRange::prefix(id.as_bytes(), 9)).unwrap();
    assert_eq!(rows.len(), 1);
    for (key, value) in rows {
        let mut value = value.to_vec();
        change(&mut value);
        let mut writes = WriteSet::new();
        writes.put(Table::Snapshots, key, value);
        store.commit_wait(writes).unwrap();
    }
    store.close().unwrap();
}

#[test]
fn a_flipped_byte_is_seen() {
    let mut host = host();
    let light = host.actor("light", "a");
    assert_eq!((light.output("add", json!([])), light.output("calls", json!([]))), (json!(1), json!(1)));
    let id = id(&host, "light", "a");
    sleep(&host, &id);
    host.kill();
    tamper(&host, &id, |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    host.restart();
    let light = host.actor("light", "a");
    assert_eq!((light.output("calls", json!([])), light.output("add", json!([]))), (json!(1), json!(2)));
    host.output().wait_for(&["ERROR", COLD, "checksum", &id]);
    let lines = host.output().lines();
    assert_eq!(lines.iter().filter(|line| line.contains("snapshot")).count(), 1, "one clear line");
    // And the next sleep is as good as any.
    sleep(&host, &id);
    assert_eq!(light.output("calls", json!([])), 2);
}

#[test]
fn a_memory_is_lived_on_from_once() {
    // What the actor does after it has woken is never undone by an older memory, even if it wrote nothing.
    for crash in [true, false] {
        let mut host = host();
        let light = host.actor("light", "a");
        light.output("calls", json!([]));
        sleep(&host, &id(&host, "light", "a"));
        assert_eq!(light.output("calls", json!([])), 2);
        if crash {
            assert_eq!(light.call("crash", json!([])).error(), "actor.panicked");
        } else {
            host.kill();
            host.restart();
        }
        assert_eq!(host.actor("light", "a").output("calls", json!([])), 1, "crash: {crash}");
    }
}

#[test]
fn a_memory_that_makes_the_actor_trap_is_not_tried_twice() {
    let host = host();
    let light = host.actor("light", "a");
    light.output("calls", json!([]));
    sleep(&host, &id(&host, "light", "a"));
    // The first turn after the wake: nothing of this instance was durable yet.
    assert_eq!(light.call("crash", json!([])).error(), "actor.panicked");
    assert_eq!(light.output("calls", json!([])), 1);
}

#[test]
fn a_new_version_starts_cold_with_the_state() {
    let host = host();
    let light = host.actor("light", "a");
    assert_eq!((light.output("add", json!([])), light.output("calls", json!([]))), (json!(1), json!(1)));
    let id = id(&host, "light", "a");
    sleep(&host, &id);
    let bytes = std::fs::read(changed(&component("sleepers"), 2)).unwrap();
    assert_eq!(host.http().put("/components/sleepers", &bytes).status, 200);
    assert_eq!((light.output("calls", json!([])), light.output("add", json!([]))), (json!(1), json!(2)));
    host.output().wait_for(&["INFO", COLD, "another component", &id]);
}

#[test]
fn who_wants_no_snapshot_has_none() {
    let host = host();
    let forgetful = host.actor("forgetful", "a");
    assert_eq!(forgetful.output("calls", json!([])), json!([1, 1]));
    assert_eq!(forgetful.output("calls", json!([])), json!([1, 2]));
    sleep(&host, &id(&host, "forgetful", "a"));
    assert_eq!(forgetful.output("calls", json!([])), json!([2, 1]));
    assert_eq!(host.metric("rivet_actor_sleeps_without_memory_total"), 1);
    assert_eq!(host.metric("rivet_snapshot_bytes_total"), 0);
}

#[test]
fn an_option_of_the_command_line_takes_the_memory_away() {
    let options = HostOptions::new([component("sleepers")]);
    let mut host = options.start();
    let light = host.actor("light", "a");
    light.output("calls", json!([]));
    let id = id(&host, "light", "a");
    sleep(&host, &id);
    host.kill();
    host.restart_with(["--option", "light.snapshot=none"]);
    assert_eq!(host.actor("light", "a").output("calls", json!([])), 1);
    host.output().wait_for(&["INFO", COLD, "option", &id]);
}
