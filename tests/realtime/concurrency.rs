//! Calls over one connection wait for nobody: answers come as they are ready.

use serde_json::{Value, json};
use support::{Link, ToClient, WebSocket};

use crate::{host, keeper};

#[test]
fn answers_overtake_each_other() {
    let host = host();
    let mut link = keeper(&host, "a");
    let late = link.send_call("later", &json!([400]));
    let early = link.send_call("connCount", &json!([]));
    assert_eq!(link.receive(), ToClient::Answer(early, Ok(json!(1))));
    let ToClient::Answer(id, Ok(_)) = link.receive() else { panic!("the late answer") };
    assert_eq!(id, late);
}

/// The Rust client sends before it has seen `Init`.
#[test]
fn what_comes_before_init_is_kept() {
    let host = host();
    let actor = host.actor("gate-keeper", "a");
    let mut socket = WebSocket::open(host.url(), &actor.place("/connect"), &["rivet", "rivet_encoding.json"]);
    socket.send_text(r#"{"body":{"tag":"SubscriptionRequest","val":{"eventName":"tick","subscribe":true}}}"#);
    socket.send_text(r#"{"body":{"tag":"ActionRequest","val":{"id":7,"name":"burst","args":[1]}}}"#);
    let mut link = Link::over(socket).unwrap();
    assert_eq!(link.event("tick"), json!([0]));
    assert_eq!(link.receive(), ToClient::Answer(7, Ok(json!(1))));
}

#[test]
fn many_connections_call_at_once() {
    let host = host();
    let mut links: Vec<_> = (0..50).map(|_| host.actor("counter", "a").connect(&Value::Null)).collect();
    for link in &mut links {
        for _ in 0..10 {
            link.send_call("increment", &json!([1]));
        }
    }
    for link in &mut links {
        for _ in 0..10 {
            let answer = link.receive();
            assert!(matches!(answer, ToClient::Answer(_, Ok(_))), "{answer:?}");
        }
    }
    assert_eq!(host.actor("counter", "a").output("get", json!([])), 500);
}
