//! Raw WebSockets by the clients' own means.

use serde_json::json;

use crate::{get_or_create, with_every_client};

#[test]
fn messages_come_back() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let socket = driver.socket(&get_or_create(driver, "raw-echo", "messages"), "/chat?room=1");
        let messages = [json!("hi"), json!({ "$bytes": [1, 2, 255] }), json!("é 🦀")];
        for message in &messages {
            socket.send(message.clone());
        }
        let mut expected = vec![json!("open /chat?room=1")];
        expected.extend(messages);
        assert_eq!(socket.messages(4), json!(expected), "{client}");
        socket.send(json!("bye"));
        assert_eq!(socket.closed(), json!({ "code": 4001, "reason": "bye-now" }), "{client}");
    });
}

#[test]
fn the_client_closes() {
    with_every_client(|host, driver| {
        let client = driver.client().to_string();
        let socket = driver.socket(&get_or_create(driver, "raw-echo", "closes"), "/");
        socket.close(4002, &client);
        assert_eq!(socket.closed()["code"], 4002, "{client}");
        host.output().wait_for(&["closed with 4002", &client]);
    });
}

#[test]
fn an_actor_without_a_handler_closes() {
    with_every_client(|_, driver| {
        let socket = driver.socket(&get_or_create(driver, "counter", "no handler"), "/");
        let expected = json!({ "code": 1011, "reason": "actor.not_configured" });
        assert_eq!(socket.closed(), expected, "{}", driver.client());
    });
}
