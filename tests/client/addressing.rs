//! The ways to find an actor: by key with and without creating it, by id, by resolving.

use serde_json::json;

use crate::with_every_client;

#[test]
fn every_address_leads_to_the_same_actor() {
    with_every_client(|_, driver| {
        let key = json!(["addressed", driver.client().to_string()]);
        let created = json!({ "actor": "counter", "by": "getOrCreate", "key": key });
        assert_eq!(driver.output(&created, "increment", json!([7])), 7);

        let found = json!({ "actor": "counter", "by": "get", "key": key });
        assert_eq!(driver.output(&found, "get", json!([])), 7);

        let id = driver.resolve(&created).unwrap();
        assert_eq!(driver.resolve(&found).unwrap(), id);

        let by_id = json!({ "actor": "counter", "by": "id", "id": id });
        assert_eq!(driver.output(&by_id, "increment", json!([1])), 8);
        assert_eq!(driver.output(&created, "get", json!([])), 8);
    });
}

#[test]
fn resolving_creates_where_asked_to() {
    with_every_client(|host, driver| {
        let key = driver.client().to_string();
        let target = json!({ "actor": "counter", "by": "getOrCreate", "key": ["resolved", key] });
        let id = driver.resolve(&target).unwrap();
        let listed = host.http().get(&format!("/actors?namespace=default&actor_ids={id}")).json();
        assert_eq!(listed["actors"][0]["key"], format!("resolved/{key}"));
        assert_eq!(driver.resolve(&target).unwrap(), id);
    });
}
