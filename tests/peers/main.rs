//! Actors that call each other: what holds whatever happens in the middle of a call.

mod circles;
mod gate;
mod interruptions;
mod limits;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Actor, Host, HostOptions, component};

/// A host with peers of every kind.
fn host() -> Host {
    HostOptions::new([component("peers")]).start_deployed()
}

/// A peer by its key.
fn peer(host: &Host, key: &str) -> Actor {
    host.actor("peer", key)
}

/// The id of a peer, which must be there.
fn id(host: &Host, key: &str) -> String {
    let listed = host.http().get(&format!("/actors?namespace=default&name=peer&key={key}")).json();
    listed["actors"][0]["actor_id"].as_str().unwrap_or_else(|| panic!("{listed}")).to_owned()
}

/// A way over peers: each by its key and the action that it is reached by.
fn way(stops: &[(&str, &str)]) -> Value {
    stops.iter().map(|(key, action)| json!({ "key": key, "action": action })).collect()
}

/// Waits until a peer is answering so many calls.
fn wait_until_answering(host: &Host, key: &str, count: u64) {
    let path = format!("/actors/{}/awake", id(host, key));
    let is_answering = |awake: &Value| {
        awake["causes"].as_array().unwrap().iter().any(|it| it["cause"] == "action" && it["count"] == count)
    };
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let awake = host.http().get(&path).json();
        if is_answering(&awake) {
            return;
        }
        assert!(Instant::now() < until, "{key} is not called: {awake}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
