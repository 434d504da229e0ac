//! The example `chat-room`, by each client.

use serde_json::{Value, json};
use support::Driver;

use crate::{assert_refused, get_or_create, with_every_client};

fn room(driver: &Driver, key: &str) -> Value {
    get_or_create(driver, "chat-room", key)
}

#[test]
fn people_chat() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let room = room(driver, "chat");
        let ada = driver.connect(&room, json!({ "name": "Ada" }));
        // The Rust client may send a call before the subscriptions that it had when it opened.
        ada.open().unwrap();
        for event in ["joined", "left", "message", "whisper"] {
            ada.on(event);
        }
        assert_eq!(ada.output("who", json!([])), json!(["Ada"]), "{client}");

        let grace = driver.connect(&room, json!({ "name": "Grace" }));
        grace.open().unwrap();
        grace.on("message");
        grace.on("whisper");
        assert_eq!(grace.output("who", json!([])), json!(["Ada", "Grace"]), "{client}");
        assert_eq!(ada.events("joined", 1), json!([[{ "name": "Grace" }]]), "{client}");

        let first = ada.output("sendMessage", json!(["Is anybody here?"]));
        let second = grace.output("sendMessage", json!(["Yes."]));
        let history = ada.output("history", json!([10]));
        for connection in [&ada, &grace] {
            let heard = connection.events("message", 2);
            assert_eq!(json!([heard[0][0], heard[1][0]]), history, "{client}");
        }
        assert_eq!((&history[0]["id"], &history[1]["id"]), (&first, &second), "{client}");
        assert_eq!(history[0]["from"], "Ada", "{client}");
        assert_eq!(history[1]["text"], "Yes.", "{client}");
        assert_eq!(ada.output("history", json!([1])), json!([history[1]]), "{client}");

        grace.output("whisper", json!(["Ada", "hush"]));
        assert_eq!(ada.events("whisper", 1), json!([[{ "from": "Grace", "text": "hush" }]]), "{client}");
        assert_eq!(grace.events("whisper", 0), json!([]), "{client}");
        let error = ada.call("whisper", json!(["Nobody", "hush"])).unwrap_err();
        assert_eq!(error.path, "user.not_here", "{client}");

        grace.dispose();
        assert_eq!(ada.events("left", 1), json!([[{ "name": "Grace" }]]), "{client}");
        assert_eq!(ada.output("who", json!([])), json!(["Ada"]), "{client}");
    });
}

#[test]
fn whoever_has_no_name_stays_outside() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let room = room(driver, "nameless");
        let error = driver.call(&room, "who", json!([])).unwrap_err();
        assert_eq!(error.path, "user.name_required", "{client}: over HTTP");
        for params in [Value::Null, json!({}), json!({ "name": "" })] {
            let nameless = driver.connect(&room, params);
            let message = "Say who you are: give a name.";
            assert_refused(driver, &nameless, "user.name_required", message);
        }
    });
}
