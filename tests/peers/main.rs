//! Actors that call each other: what holds whatever happens in the middle of a call.

mod circles;
mod gate;
mod interruptions;
mod limits;

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
