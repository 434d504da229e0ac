//! Frames that nobody should send: each has an end that says what was wrong.

use std::io::Write;

use support::{Closed, Host, Received, WebSocket};

use crate::host;

fn open(host: &Host, encoding: &str) -> WebSocket {
    let path = host.actor("counter", "a").place("/connect");
    WebSocket::open(host.url(), &path, &["rivet", &format!("rivet_encoding.{encoding}")])
}

/// After the `Init`.
fn connected(host: &Host, encoding: &str) -> WebSocket {
    let mut socket = open(host, encoding);
    let init = socket.message();
    assert!(!matches!(init, Received::Closed(_)), "{init:?}");
    socket
}

#[test]
fn what_is_no_message_ends_the_connection() {
    let host = host();
    let texts = [
        "",
        "garbage",
        "{}",
        r#"{"body":{}}"#,
        r#"{"body":{"tag":"Init","val":{"actorId":"a","connectionId":"b"}}}"#,
        r#"{"body":{"tag":"ActionRequest","val":{"name":"get","args":[]}}}"#,
        r#"{"body":{"tag":"ActionRequest","val":{"id":-1,"name":"get","args":[]}}}"#,
        r#"{"body":{"tag":"SubscriptionRequest","val":{"eventName":1,"subscribe":true}}}"#,
    ];
    for text in texts {
        let mut socket = connected(&host, "json");
        socket.send_text(text);
        assert_eq!(socket.closed(), Closed::new(1011, "actor.invalid_request"), "{text}");
    }
    for (encoding, bytes) in [
        ("bare", &b""[..]),
        ("bare", b"\x04\x00"),
        ("bare", b"\x04\x00\x02\x00"),
        ("bare", b"\x04\x00\x00\x00\xff\xff\xff\xff\x0fincrement"),
        ("bare", b"\x04\x00\x01\x08newCount\x01 and more"),
        ("cbor", b"\xff"),
        ("cbor", b"\x81\x81\x81\x81"),
        ("cbor", b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
    ] {
        let mut socket = connected(&host, encoding);
        socket.send_binary(bytes);
        assert_eq!(socket.closed(), Closed::new(1011, "actor.invalid_request"), "{encoding}: {bytes:x?}");
    }
}

#[test]
fn a_text_must_be_utf_8() {
    let host = host();
    let mut socket = connected(&host, "json");
    socket.send_text_bytes(b"{\"body\":\xff}");
    assert_eq!(socket.closed(), Closed::new(1007, "message.invalid_utf8"));
}

#[test]
fn an_unknown_encoding_is_refused() {
    let host = host();
    for encoding in ["xml", ""] {
        let closed = open(&host, encoding).closed();
        assert_eq!(closed, Closed::new(1003, "actor.unsupported_websocket_encoding"), "{encoding}");
    }
}

#[test]
fn no_encoding_is_json() {
    let host = host();
    let path = host.actor("counter", "a").place("/connect");
    for protocols in [&["rivet"][..], &[]] {
        let mut socket = WebSocket::open(host.url(), &path, protocols);
        let Received::Text(init) = socket.message() else { panic!("no text") };
        assert!(init.starts_with(r#"{"body":{"#), "{init}");
    }
}

/// What breaks the rules of RFC 6455 itself: an unknown opcode, a reserved bit, a frame that is not masked.
#[test]
fn what_is_no_frame_ends_the_connection() {
    let host = host();
    for bytes in [&b"\x83\x80\0\0\0\0"[..], b"\xc1\x80\0\0\0\0", b"\x81\x02{}", b"\x80\x80\0\0\0\0"] {
        let mut socket = connected(&host, "json");
        socket.stream().write_all(bytes).unwrap();
        let closed = socket.closed();
        assert_eq!(closed, Closed::new(1002, "ws.protocol_error"), "{bytes:x?}");
    }
}

#[test]
fn messages_may_come_in_pieces() {
    let host = host();
    let mut socket = connected(&host, "json");
    let pieces =
        [r#"{"body":{"tag":"ActionReq"#, "", r#"uest","val":{"id":0,"na"#, r#"me":"get","args":[]}}}"#];
    socket.send_pieces(&pieces);
    let Received::Text(answer) = socket.message() else { panic!("no answer") };
    assert!(answer.contains("ActionResponse"), "{answer}");
}
