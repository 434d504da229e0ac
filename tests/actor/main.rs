//! The life of actors: starts that fail, waits, ends.

mod await_points;
mod destroy;
mod destroy_under_load;
mod failed_start;
mod redelivery;
mod timeout;

use serde_json::{Value, json};
use support::{Host, component};

/// A host that serves the actors of the guest `lives`.
fn host() -> Host {
    Host::start([component("lives")])
}

/// The actors that a key has in the default namespace: one or none.
fn found(host: &Host, name: &str, key: &str) -> Vec<Value> {
    let listed = host.http().get(&format!("/actors?namespace=default&name={name}&key={key}")).json();
    listed["actors"].as_array().unwrap().clone()
}

/// The id of the actor that a key has.
fn id(host: &Host, name: &str, key: &str) -> String {
    let found = found(host, name, key);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]["actor_id"].as_str().unwrap().to_owned()
}

/// Creates an actor, which must not exist, and gives its id.
fn create(host: &Host, name: &str, key: &str, input_base64: Option<&str>) -> String {
    let body = json!({
        "name": name, "key": key, "input": input_base64, "runner_name_selector": "default", "crash_policy": "sleep",
    });
    let headers = [("content-type", "application/json")];
    let answer = host.http().send("POST", "/actors?namespace=default", &headers, body.to_string().as_bytes());
    let answer = answer.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["actor"]["actor_id"].as_str().unwrap().to_owned()
}
