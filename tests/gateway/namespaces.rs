//! Namespaces partition the keys.

use serde_json::json;

use crate::host;

#[test]
fn a_key_is_another_actor_in_another_namespace() {
    let host = host();
    let http = host.http();
    let here = host.actor("counter", "a");
    let there = host.actor("counter", "a").in_namespace("there");
    assert_eq!(here.output("increment", json!([1])), 1);
    assert_eq!(there.output("increment", json!([10])), 10);
    assert_eq!(here.output("get", json!([])), 1);

    let id = |namespace: &str| {
        let listed = http.get(&format!("/actors?namespace={namespace}&name=counter")).json();
        assert_eq!(listed["actors"].as_array().unwrap().len(), 1, "{namespace}: {listed}");
        listed["actors"][0]["actor_id"].as_str().unwrap().to_owned()
    };
    let (here_id, there_id) = (id("default"), id("there"));
    assert_ne!(here_id, there_id);

    let listed = http.get(&format!("/actors?namespace=default&actor_ids={there_id}")).json();
    assert_eq!(listed["actors"], json!([]), "an id is found only in its namespace");
    let refused = http.delete(&format!("/actors/{there_id}?namespace=default"));
    assert_eq!((refused.status, refused.error().as_str()), (404, "actor.not_found"));
    assert_eq!(http.delete(&format!("/actors/{there_id}?namespace=there")).status, 200);
    assert_eq!(there.output("get", json!([])), 0, "the key is free there");
    assert_eq!(here.output("get", json!([])), 1, "and its actor is untouched here");
}

#[test]
fn a_namespace_must_be_named() {
    let host = host();
    let refused = host.http().get("/actors?name=counter");
    assert_eq!((refused.status, refused.error().as_str()), (400, "api.bad_request"));
    let refused = host.actor("counter", "a").in_namespace(&"n".repeat(65)).call("get", json!([]));
    assert_eq!((refused.status, refused.error().as_str()), (400, "guard.query_invalid_params"));
}
