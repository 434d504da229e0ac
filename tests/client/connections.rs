//! Actions over a live connection.

use serde_json::{Value, json};

use crate::{get_or_create, with_every_client};

#[test]
fn a_connection_calls() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let counter = get_or_create(driver, "counter", "connection calls");
        let connection = driver.connect(&counter, Value::Null);
        // What is called before the connection is there waits for it.
        assert_eq!(connection.output("increment", json!([2])), 2, "{client}");
        connection.open().unwrap();
        assert_eq!(connection.output("increment", json!([])), 3, "{client}");
        assert_eq!(driver.output(&counter, "get", json!([])), 3, "{client}");
        let error = connection.call("fail", json!(["unlucky", "no luck today"])).unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.message.as_str()),
            ("user.unlucky", "no luck today"),
            "{client}"
        );
        let error = connection.call("decrement", json!([])).unwrap_err();
        assert_eq!(error.path, "actor.action_not_found", "{client}");
        assert_eq!(connection.output("get", json!([])), 3, "{client}");
        connection.dispose();
    });
}

#[test]
fn calls_of_a_connection_do_not_wait_for_each_other() {
    with_every_client(|_, driver| {
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "overtaking"), Value::Null);
        let late = connection.start("later", json!([200]));
        assert_eq!(connection.output("connCount", json!([])), 1, "{}", driver.client());
        assert_eq!(late.finish().unwrap(), 200, "{}", driver.client());
    });
}

#[test]
fn a_connection_has_an_id_parameters_and_state() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let params = json!({ "deny": false, "who": "ä \"quoted\", {}", "list": [1, null] });
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "identity"), params.clone());
        let id = connection.open().unwrap();
        let known = connection.output("myId", json!([]));
        assert!(id.is_null() || id == known, "{client}: {id}, {known}");
        assert_eq!(connection.output("myParams", json!([])), params, "{client}");
        connection.output("setMyState", json!([{ "a": [1] }]));
        let state = json!({ "calls": 1, "value": { "a": [1] } });
        assert_eq!(connection.output("myState", json!([])), state, "{client}");
    });
}

#[test]
fn a_crash_does_not_end_a_connection() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "crash"), Value::Null);
        let id = connection.open().unwrap();
        connection.on("tick");
        connection.output("burst", json!([1]));
        let error = connection.call("crash", json!([])).unwrap_err();
        assert_eq!(error.path, "actor.panicked", "{client}");
        connection.output("burst", json!([1]));
        assert_eq!(connection.events("tick", 2), json!([[0], [0]]), "{client}");
        assert_eq!(connection.wait_for("connected", 1), id, "{client}");
        let log = connection.output("log", json!([]));
        assert_eq!(log.as_array().unwrap().len(), 1, "{client}: connected once, and never left: {log}");
    });
}
