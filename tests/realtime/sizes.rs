//! How long messages may be (client-protocol.md section 11).

use serde_json::json;
use support::{Closed, Link, ToClient, WebSocket};

use crate::{host, keeper};

/// A call of which the whole frame has so many bytes.
fn frame(len_bytes: usize) -> String {
    let call = |text: &str| {
        json!({ "body": { "tag": "ActionRequest", "val": { "id": 0, "name": "nothing", "args": [text] } } })
            .to_string()
    };
    call(&"x".repeat(len_bytes - call("").len()))
}

fn send(link: &mut Link, len_bytes: usize) {
    link.socket().send_text(&frame(len_bytes));
}

#[test]
fn a_message_may_have_64_kib() {
    let host = host();
    let mut link = keeper(&host, "a");
    send(&mut link, 65_536);
    let ToClient::Answer(0, Err(error)) = link.receive() else { panic!("no answer") };
    assert_eq!(error.path, "actor.action_not_found");
    send(&mut link, 65_537);
    assert_eq!(link.closed(), Closed::new(1011, "message.incoming_too_long"));
}

#[test]
fn a_long_event_arrives() {
    let host = host();
    let (mut caller, mut listener) = (keeper(&host, "a"), keeper(&host, "a"));
    listener.subscribe("blob");
    listener.output("connCount", json!([]));
    caller.output("blob", json!([900 << 10]));
    let blob = listener.event("blob");
    assert_eq!(blob[0].as_str().unwrap().len(), 900 << 10);
}

#[test]
fn an_event_that_is_too_long_is_refused() {
    let host = host();
    let mut link = keeper(&host, "a");
    link.subscribe("blob");
    let error = link.call("blob", json!([1_048_576])).unwrap_err();
    assert_eq!(error.path, "message.outgoing_too_long", "{}", error.message);
    // The turn stands, and so does the connection.
    assert_eq!(link.output("connCount", json!([])), 1);
    assert_eq!(link.heard(), []);
}

#[test]
fn an_answer_that_is_too_long_is_refused() {
    let host = host();
    let mut link = keeper(&host, "a");
    let text = link.output("text", json!([900 << 10]));
    assert_eq!(text.as_str().unwrap().len(), 900 << 10);
    assert_eq!(link.call("text", json!([1_048_576])).unwrap_err().path, "message.outgoing_too_long");
    assert_eq!(link.output("text", json!([1])), "x");
}

#[test]
fn long_parameters_are_refused() {
    let host = host();
    let fits = json!({ "name": "x".repeat(4_000) });
    assert!(host.actor("gate-keeper", "a").try_connect(&fits).is_ok());
    let encoded = format!("rivet_conn_params.%22{}%22", "x".repeat(4_200));
    let path = host.actor("gate-keeper", "a").place("/connect");
    let protocols = ["rivet", "rivet_encoding.json", &encoded];
    match WebSocket::try_open(host.url(), &path, &protocols, &[]) {
        Ok(socket) => assert_eq!(Link::over(socket).err().expect("a refusal").closed.code, 1011),
        Err(answer) => assert_eq!(answer.status, 400, "{answer:?}"),
    }
}
