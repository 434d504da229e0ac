//! All actions of the kv-store.

use serde_json::{Value, json};

use crate::{get_or_create, with_every_client};

#[test]
fn a_store_stores() {
    with_every_client(|_, driver| {
        let store = get_or_create(driver, "kv-store", "stores");
        assert_eq!(driver.output(&store, "get", json!(["a"])), Value::Null);
        driver.output(&store, "put", json!(["a", "one"]));
        assert_eq!(driver.output(&store, "get", json!(["a"])), "one");
        driver.output(&store, "put", json!(["a", { "two": [2] }]));
        assert_eq!(driver.output(&store, "get", json!(["a"])), json!({ "two": [2] }));
        driver.output(&store, "delete", json!(["a"]));
        assert_eq!(driver.output(&store, "get", json!(["a"])), Value::Null);
        driver.output(&store, "delete", json!(["a"]));
    });
}

#[test]
fn a_store_lists_by_prefix_in_order() {
    with_every_client(|_, driver| {
        let store = get_or_create(driver, "kv-store", "lists");
        driver.output(&store, "putMany", json!([[["u/2", 2], ["u/1", 1], ["v/1", 3], ["u", 0], ["é/ü", 4]]]));
        assert_eq!(driver.output(&store, "list", json!(["u/"])), json!([["u/1", 1], ["u/2", 2]]));
        assert_eq!(
            driver.output(&store, "list", json!([""])),
            json!([["u", 0], ["u/1", 1], ["u/2", 2], ["v/1", 3], ["é/ü", 4]])
        );
        assert_eq!(driver.output(&store, "list", json!(["w"])), json!([]));
    });
}

#[test]
fn limits_of_the_store_are_named() {
    with_every_client(|_, driver| {
        let store = get_or_create(driver, "kv-store", "limits");
        let error = driver.call(&store, "put", json!(["k".repeat(2049), 1])).unwrap_err();
        assert_eq!(error.path, "kv.key_too_large", "{}", driver.client());
        let many: Vec<Value> = (0..129).map(|n| json!([format!("k{n}"), n])).collect();
        let error = driver.call(&store, "putMany", json!([many])).unwrap_err();
        assert_eq!(error.path, "kv.batch_too_large", "{}", driver.client());
        assert_eq!(driver.output(&store, "list", json!([""])), json!([]), "nothing was written");
    });
}
