//! All actions of the counter.

use serde_json::json;

use crate::{get_or_create, with_every_client};

#[test]
fn a_counter_counts() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "counts");
        assert_eq!(driver.output(&counter, "increment", json!([])), 1);
        assert_eq!(driver.output(&counter, "increment", json!([4])), 5);
        assert_eq!(driver.output(&counter, "increment", json!([-2])), 3);
        assert_eq!(driver.output(&counter, "get", json!([])), 3);
        driver.output(&counter, "reset", json!([]));
        assert_eq!(driver.output(&counter, "get", json!([])), 0);
    });
}

#[test]
fn a_counter_knows_who_it_is() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "who");
        let id = driver.resolve(&counter).unwrap();
        let who = driver.output(&counter, "whoami", json!([]));
        assert_eq!(who, json!({ "actorId": id, "name": "counter", "key": counter["key"] }));
    });
}

#[test]
fn memory_outlives_a_call() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "hits");
        let first = driver.output(&counter, "hits", json!([])).as_u64().unwrap();
        driver.output(&counter, "get", json!([]));
        let second = driver.output(&counter, "hits", json!([])).as_u64().unwrap();
        assert_eq!(second, first + 2, "each call is counted");
    });
}
