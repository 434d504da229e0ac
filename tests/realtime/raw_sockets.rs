//! Raw WebSockets: text, bytes and ends, both ways (client-protocol.md section 8.5).

use support::{Closed, Received, WebSocket};

use crate::host;

fn text(text: &str) -> Received {
    Received::Text(text.to_owned())
}

#[test]
fn messages_come_back_as_they_are() {
    let host = host();
    let mut socket = host.actor("raw-echo", "a").web_socket("/chat?room=1");
    assert_eq!(socket.message(), text("open /chat?room=1"));
    for message in ["hi", "", "é 🦀", "{\"body\":1}"] {
        socket.send_text(message);
        assert_eq!(socket.message(), text(message));
    }
    for bytes in [&b"\x01\x02\x03"[..], b"", b"\xff\x00"] {
        socket.send_binary(bytes);
        assert_eq!(socket.message(), Received::Binary(bytes.to_vec()));
    }
}

#[test]
fn the_actor_closes() {
    let host = host();
    let mut socket = host.actor("raw-echo", "a").web_socket("/");
    socket.send_text("bye");
    socket.send_text("too late");
    assert_eq!(socket.closed(), Closed::new(4001, "bye-now"));
    host.output().wait_for(&["closed with 4001", "bye-now"]);
}

#[test]
fn the_client_closes() {
    let host = host();
    for (code, reason) in [(1000, "done"), (3000, ""), (4999, "ünïcode")] {
        let mut socket = host.actor("raw-echo", "a").web_socket("/");
        socket.close(code, reason);
        assert_eq!(socket.closed(), Closed::new(code, reason));
        host.output().wait_for(&[&format!("closed with {code}"), reason]);
    }
    // Without a close.
    drop(host.actor("raw-echo", "a").web_socket("/"));
    host.output().wait_for(&["closed with 1006"]);
}

#[test]
fn an_actor_without_a_handler_takes_none() {
    let host = host();
    for name in ["deaf", "gate-keeper"] {
        let mut socket = host.actor(name, "a").web_socket("/x");
        assert_eq!(socket.closed(), Closed::new(1011, "actor.not_configured"), "{name}");
    }
}

#[test]
fn long_messages_come_back() {
    let host = host();
    let mut socket = host.actor("raw-echo", "a").web_socket("/");
    assert_eq!(socket.message(), text("open /"));
    let long = "x".repeat(1 << 20);
    socket.send_text(&long);
    assert!(socket.message() == text(&long));
    let bytes = vec![7; 3 << 20];
    socket.send_binary(&bytes);
    assert!(socket.message() == Received::Binary(bytes));
}

/// Every form of the path, and no subprotocol that the host has to answer.
#[test]
fn paths_lead_to_the_handler() {
    let host = host();
    let actor = host.actor("raw-echo", "a");
    let cases = [
        ("/websocket", "open /"),
        ("/websocket/", "open /"),
        ("/websocket?a=b", "open /?a=b"),
        ("/websocket/a%20b/c?d=e", "open /a%20b/c?d=e"),
    ];
    for (place, opened) in cases {
        for protocols in [&["rivet", "rivet_encoding.bare"][..], &[]] {
            let mut socket = WebSocket::open(host.url(), &actor.place(place), protocols);
            assert_eq!(socket.message(), text(opened), "{place}");
            let answered = socket.head().header("sec-websocket-protocol");
            assert_eq!(answered, (!protocols.is_empty()).then_some("rivet"));
        }
    }
}
