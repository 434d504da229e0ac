//! Errors as each client shows them.

use serde_json::{Value, json};
use support::Driver;

use crate::{get_or_create, with_every_client};

/// The crate `rivetkit-client` gives no metadata that a program could read.
fn gives_metadata(driver: &Driver) -> bool {
    driver.client().version != "rust"
}

#[test]
fn a_user_error_arrives_whole() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "fails");
        driver.output(&counter, "increment", json!([6]));
        let error = driver.call(&counter, "fail", json!(["out_of_luck", "no luck today"])).unwrap_err();
        assert_eq!(error.path, "user.out_of_luck", "{}", driver.client());
        assert_eq!(error.message, "no luck today");
        if gives_metadata(driver) {
            assert_eq!(error.metadata, json!({ "count": 6 }), "{}", driver.client());
        }
        assert_eq!(driver.output(&counter, "get", json!([])), 6, "the actor lives on");
    });
}

#[test]
fn an_unknown_action_is_named() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "unknown action");
        let error = driver.call(&counter, "decrement", json!([])).unwrap_err();
        assert_eq!(error.path, "actor.action_not_found", "{}", driver.client());
        assert_eq!(error.message, "Action `decrement` was not found.");
    });
}

/// Whatever the client speaks, it can read an answer to a body that the host has not read.
#[test]
fn a_body_that_is_too_long_is_named() {
    with_every_client(|_, driver| {
        let echo = get_or_create(driver, "echo", "too long");
        let error = driver.call(&echo, "echo", json!(["x".repeat(65_536)])).unwrap_err();
        assert_eq!(error.path, "message.incoming_too_long", "{}: {}", driver.client(), error.message);
        assert_eq!(driver.output(&echo, "echo", json!(["x"])), "x", "{}", driver.client());
    });
}

#[test]
fn a_missing_actor_is_not_found() {
    with_every_client(|_, driver| {
        let nobody =
            json!({ "actor": "counter", "by": "get", "key": ["nobody", driver.client().to_string()] });
        let error = driver.call(&nobody, "get", json!([])).unwrap_err();
        let text = format!("{error:?}");
        // The old npm client and the crate look the actor up first, and word the miss themselves.
        assert!(
            text.contains("not_found") || text.to_lowercase().contains("not found"),
            "{}: {text}",
            driver.client()
        );
        let found = driver.resolve(&nobody);
        assert!(found.is_err(), "{}: looking for an actor created it", driver.client());
    });
}

#[test]
fn a_crash_leaves_nothing() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "crashes");
        driver.output(&counter, "increment", json!([5]));
        let hits = driver.output(&counter, "hits", json!([])).as_u64().unwrap();
        assert!(hits >= 2);

        let error = driver.call(&counter, "crash", json!([])).unwrap_err();
        assert_eq!(error.path, "actor.panicked", "{}", driver.client());
        assert_eq!(error.message, "An internal error occurred");
        assert!(error.metadata.is_null() || error.metadata == json!({ "$undefined": true }));

        assert_eq!(driver.output(&counter, "get", json!([])), 5, "the increment of the crash is undone");
        let hits = driver.output(&counter, "hits", json!([])).as_u64().unwrap();
        assert!(hits <= 2, "the memory of the crashed instance is gone, but it counts {hits} hits");
    });
}

/// As the counter's `crash`, of an actor that can be asked for its key-value data.
#[test]
fn a_crash_leaves_no_data() {
    with_every_client(|_, driver| {
        let actor = get_or_create(driver, "half-turn", "crashes");
        assert_eq!(driver.output(&actor, "keep", json!([])), true);
        assert_eq!(driver.output(&actor, "list", json!([])), json!(["kept"]));
        let error = driver.call(&actor, "break", json!([])).unwrap_err();
        assert_eq!(error.path, "actor.panicked", "{}", driver.client());
        assert_eq!(driver.output(&actor, "look", json!([])), false, "{}", driver.client());
        assert_eq!(driver.output(&actor, "list", json!([])), json!(["kept"]), "{}", driver.client());
    });
}

#[test]
fn a_reset_counter_returns_nothing() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "void");
        let nothing = driver.output(&counter, "reset", json!([]));
        // The crate has JSON values only, and the JSON of 2.2.1 has no form for `undefined`.
        let client = driver.client();
        let no_undefined = client.version == "rust" || (client.version, client.encoding) == ("2.2.1", "json");
        let expected = if no_undefined { Value::Null } else { json!({ "$undefined": true }) };
        assert_eq!(nothing, expected, "{client}");
    });
}
