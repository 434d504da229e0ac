//! Connections that the actor refuses or ends, as each client tells it.

use serde_json::{Value, json};

use crate::{assert_refused, get_or_create, with_every_client};

#[test]
fn a_refusal_is_told() {
    with_every_client(|_, driver| {
        let keeper = get_or_create(driver, "gate-keeper", "refusal");
        let refused = driver.connect(&keeper, json!({ "deny": true }));
        assert_refused(driver, &refused, "user.nope", "You may not come in.");
    });
}

#[test]
fn a_forbidden_event_is_told() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "forbidden"), Value::Null);
        connection.open().unwrap();
        connection.on("secret");
        connection.wait_for("disconnected", 1);
        if client.version != "rust" {
            assert_eq!(connection.errors(1)[0].path, "auth.forbidden", "{client}");
        }
    });
}

#[test]
fn an_end_by_the_actor_is_told() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let keeper = get_or_create(driver, "gate-keeper", "kicked");
        let connection = driver.connect(&keeper, Value::Null);
        let first = connection.open().unwrap();
        let call = connection.start("kick", json!(["app.too_loud"]));
        connection.wait_for("disconnected", 1);
        // An answer may come before the end or not at all.
        if client.version != "rust" {
            let _ = call.finish();
            assert_eq!(connection.errors(1)[0].path, "app.too_loud", "{client}");
        }
        // The client comes back by itself, as somebody else.
        let second = connection.wait_for("connected", 2);
        assert!(first.is_null() || first != second, "{client}");
        assert_eq!(connection.output("connCount", json!([])), 1, "{client}");
    });
}
