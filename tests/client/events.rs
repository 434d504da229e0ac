//! Events as each client hears them.

use serde_json::{Value, json};

use crate::{get_or_create, with_every_client};

#[test]
fn a_listener_hears_every_event() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "every event");
        let connection = driver.connect(&counter, Value::Null);
        // The Rust client may send a call before the subscriptions that it had when it opened.
        connection.open().unwrap();
        connection.on("newCount");
        // The answer of the first call comes after the subscription was taken.
        connection.output("increment", json!([1]));
        for count in 2..=20 {
            connection.output("increment", json!([1]));
            // An event is there before the answer of the call that said it.
            let heard = connection.events("newCount", 0);
            assert_eq!(heard.as_array().unwrap().len(), count, "{}", driver.client());
        }
        let expected: Vec<[u64; 1]> = (1..=20).map(|count| [count]).collect();
        assert_eq!(connection.events("newCount", 20), json!(expected), "{}", driver.client());
    });
}

#[test]
fn events_come_from_other_callers_too() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "other callers");
        let (first, second) = (driver.connect(&counter, Value::Null), driver.connect(&counter, Value::Null));
        for connection in [&first, &second] {
            connection.open().unwrap();
            connection.on("newCount");
            connection.output("get", json!([]));
        }
        driver.output(&counter, "increment", json!([5]));
        for connection in [&first, &second] {
            assert_eq!(connection.events("newCount", 1), json!([[5]]), "{}", driver.client());
        }
    });
}

#[test]
fn once_is_once_and_off_is_off() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "off"), Value::Null);
        connection.open().unwrap();
        connection.once("tick");
        connection.output("burst", json!([1]));
        connection.output("burst", json!([3]));
        assert_eq!(connection.events("tick", 1), json!([[0]]), "{client}: once");

        let ghost = connection.on("ghost");
        let subscription = connection.on("tick");
        connection.output("burst", json!([1]));
        connection.off(&subscription);
        connection.off(&ghost);
        connection.output("burst", json!([3]));
        assert_eq!(connection.events("tick", 2), json!([[0], [0]]), "{client}: off");

        connection.on("tick");
        connection.output("burst", json!([2]));
        assert_eq!(connection.events("tick", 4), json!([[0], [0], [0], [1]]), "{client}: on again");
    });
}

#[test]
fn a_turn_that_traps_says_nothing() {
    with_every_client(|_, driver| {
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "traps"), Value::Null);
        connection.open().unwrap();
        connection.on("ghost");
        connection.on("tick");
        let error = connection.call("trapAfterBroadcast", json!([])).unwrap_err();
        assert_eq!(error.path, "actor.panicked", "{}", driver.client());
        connection.output("burst", json!([1]));
        connection.events("tick", 1);
        assert_eq!(connection.events("ghost", 0), json!([]), "{}", driver.client());
    });
}
