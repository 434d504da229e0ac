//! Creating actors, with and without input.

use serde_json::json;

use crate::with_every_client;

#[test]
fn input_reaches_the_actor() {
    with_every_client(|_, driver| {
        let client = driver.client().to_string();
        let target = json!({ "actor": "counter", "key": ["created", client], "input": { "start": 40 } });
        let id = driver.create(&target).unwrap();
        let by_id = json!({ "actor": "counter", "by": "id", "id": id });
        assert_eq!(driver.output(&by_id, "increment", json!([2])), 42);

        let target = json!({
            "actor": "counter", "by": "getOrCreate", "key": ["asked for", client], "input": { "start": 10 },
        });
        assert_eq!(driver.output(&target, "get", json!([])), 10);
    });
}

#[test]
fn input_of_an_actor_that_exists_changes_nothing() {
    with_every_client(|_, driver| {
        let key = json!(["exists", driver.client().to_string()]);
        let plain = json!({ "actor": "counter", "by": "getOrCreate", "key": key });
        assert_eq!(driver.output(&plain, "increment", json!([3])), 3);
        let with_input =
            json!({ "actor": "counter", "by": "getOrCreate", "key": key, "input": { "start": 99 } });
        assert_eq!(driver.output(&with_input, "get", json!([])), 3);
    });
}

#[test]
fn a_key_is_created_once() {
    with_every_client(|_, driver| {
        let target = json!({ "actor": "counter", "key": ["once", driver.client().to_string()] });
        let id = driver.create(&target).unwrap();
        let refused = driver.create(&target).unwrap_err();
        let text = format!("{refused:?}");
        assert!(text.contains("duplicate_key"), "{}: {text}", driver.client());
        assert!(text.contains(&id) || refused.path == "actor.duplicate_key", "{}: {text}", driver.client());
    });
}
