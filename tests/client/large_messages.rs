//! Long answers and events.

use serde_json::{Value, json};

use crate::{get_or_create, with_every_client};

const LONG: usize = 900 << 10;
/// As long as a whole message may be, and so too long with what stands around it.
const TOO_LONG: usize = 1 << 20;

#[test]
fn long_messages_arrive() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "long"), Value::Null);
        connection.open().unwrap();
        connection.on("blob");
        connection.output("connCount", json!([]));
        let text = connection.output("text", json!([LONG]));
        assert_eq!(text.as_str().map(str::len), Some(LONG), "{client}");
        connection.output("blob", json!([LONG]));
        assert_eq!(connection.events("blob", 1)[0][0].as_str().map(str::len), Some(LONG), "{client}");
    });
}

#[test]
fn messages_that_are_too_long_are_named() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let connection = driver.connect(&get_or_create(driver, "gate-keeper", "too long"), Value::Null);
        connection.open().unwrap();
        connection.on("blob");
        for action in ["text", "blob"] {
            let error = connection.call(action, json!([TOO_LONG])).unwrap_err();
            assert_eq!(error.path, "message.outgoing_too_long", "{client}: {action}");
        }
        assert_eq!(connection.output("connCount", json!([])), 1, "{client}");
        assert_eq!(connection.events("blob", 0), json!([]), "{client}");
    });
}
