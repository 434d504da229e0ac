//! Compound and hostile keys: what a client asks for is what the actor is called.

use serde_json::json;

use crate::with_every_client;

const HOSTILE: [&[&str]; 12] = [
    &["a"],
    &["a", "b"],
    &["a/b"],
    &["a", "b/c", "d"],
    &["back\\slash", "\\0", "\\/"],
    &["", "after nothing"],
    &["é", "日本語", "🦀"],
    &["../../etc/passwd"],
    &["%2F", "%00", "a%20b"],
    &["a b", "a+b", "a&b=c", "a?b#c"],
    &["\"quoted\"", "<tag>", "'"],
    &["@token", "~", "rvt-key=x"],
];

#[test]
fn keys_arrive_as_they_are() {
    with_every_client(|_, driver| {
        let client = driver.client().to_string();
        for (number, parts) in HOSTILE.iter().enumerate() {
            // A part of its own for each client, in front: the hostile ones keep their places.
            let mut key = vec![format!("{client} {number}")];
            key.extend(parts.iter().map(|part| (*part).to_owned()));
            let target = json!({ "actor": "counter", "by": "getOrCreate", "key": key });
            let who = driver.output(&target, "whoami", json!([]));
            assert_eq!(who["key"], json!(key), "{client}");
            assert_eq!(who["actorId"], driver.resolve(&target).unwrap(), "{client}: {key:?}");
        }
    });
}

#[test]
fn trailing_empty_parts_are_kept() {
    with_every_client(|_, driver| {
        let client = driver.client().to_string();
        for key in [json!([client, ""]), json!([client, "", ""]), json!(["", client, ""])] {
            let target = json!({ "actor": "counter", "by": "getOrCreate", "key": key });
            assert_eq!(driver.output(&target, "whoami", json!([]))["key"], key, "{client}");
        }
    });
}

#[test]
fn the_empty_key_is_a_key() {
    with_every_client(|_, driver| {
        let target = json!({ "actor": "counter", "by": "getOrCreate", "key": [] });
        let who = driver.output(&target, "whoami", json!([]));
        assert_eq!(who["key"], json!([]), "{}", driver.client());
        assert_eq!(who["actorId"], driver.resolve(&target).unwrap());
    });
}

/// npm 2.3.19 joins the parts with commas and escapes none in its query address (client-protocol.md section
/// 3): what it calls is split at the comma. The others keep it: 2.2.1 calls by id, the crate escapes.
#[test]
fn commas_split_where_the_client_splits() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let target = json!({ "actor": "counter", "by": "getOrCreate", "key": [client.to_string(), "x,y"] });
        let id = driver.resolve(&target).unwrap();
        let by_id = json!({ "actor": "counter", "by": "id", "id": id });
        let resolved = driver.output(&by_id, "whoami", json!([]))["key"].take();
        assert_eq!(resolved, json!([client.to_string(), "x,y"]), "{client}: resolving keeps the comma");

        let called = driver.output(&target, "whoami", json!([]))["key"].take();
        let split = json!([client.to_string(), "x", "y"]);
        let expected = if client.version == "2.3.19" { split } else { resolved };
        assert_eq!(called, expected, "{client}: calling");
    });
}
