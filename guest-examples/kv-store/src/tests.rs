use rivet_guest::testing::TestActor;
use serde_json::{Value, json};

use super::KvStore;

#[test]
fn stores_any_value() {
    let mut store = TestActor::<KvStore>::create().unwrap();
    for value in
        [json!("text"), json!(5_000_000_000_u64), json!(1.5), json!([null, {"a": {"b": []}}]), json!("")]
    {
        store.call::<()>("put", ("key", &value)).unwrap();
        assert_eq!(store.call::<Value>("get", ["key"]).unwrap(), value);
    }
    store.call::<()>("delete", ["key"]).unwrap();
    assert_eq!(store.call::<Value>("get", ["key"]).unwrap(), Value::Null);
}

#[test]
fn lists_by_prefix_in_order() {
    let mut store = TestActor::<KvStore>::create().unwrap();
    store.call::<()>("putMany", json!([[["b", 3], ["a/2", 2], ["a/1", 1]]])).unwrap();
    assert_eq!(store.call::<Value>("list", ["a/"]).unwrap(), json!([["a/1", 1], ["a/2", 2]]));
    assert_eq!(store.call::<Value>("list", ()).unwrap(), json!([["a/1", 1], ["a/2", 2], ["b", 3]]));
}

#[test]
fn says_which_argument_is_wrong() {
    let mut store = TestActor::<KvStore>::create().unwrap();
    let error = store.call::<()>("put", (1, 2)).unwrap_err();
    assert_eq!(error.message(), "argument 1 (`key`): invalid type: integer `1`, expected a string");
}
