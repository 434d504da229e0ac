//! The encoding `bare`, frame by frame, in each version (client-protocol.md section 7): `Init` comes as version 3, which
//! every client reads; whatever follows, in the version that the client speaks.

use support::{Host, Received, WebSocket};

use crate::host;

fn binary(socket: &mut WebSocket) -> Vec<u8> {
    match socket.message() {
        Received::Binary(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

/// A text as `bare` writes it, with its length before it.
fn text(text: &str) -> Vec<u8> {
    [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn frame(version: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[version, 0], parts.concat().as_slice()].concat()
}

/// Connects to a counter and takes the `Init`, of which it gives the id of the actor.
fn connect(host: &Host, key: &str) -> (WebSocket, String) {
    let path = host.actor("counter", key).place("/connect");
    let mut socket = WebSocket::open(host.url(), &path, &["rivet", "rivet_encoding.bare"]);
    let init = binary(&mut socket);
    assert_eq!(init[..3], [3, 0, 0], "version 3, Init");
    let (length, rest) = init[3..].split_first().unwrap();
    let (actor, connection) = rest.split_at(usize::from(*length));
    assert_eq!((connection[0], connection.len()), (36, 37), "a UUID, and nothing after it");
    (socket, String::from_utf8(actor.to_vec()).unwrap())
}

#[test]
fn each_version_is_answered_in_kind() {
    let host = host();
    for version in 1..=4 {
        let key = format!("v{version}");
        let (mut socket, actor) = connect(&host, &key);
        socket.send_binary(&frame(version, &[&[1], &text("newCount"), &[1]]));
        socket.send_binary(&frame(version, &[&[0, 0], &text("increment"), &[2, 0x81, 7]]));
        let event = frame(version, &[&[3], &text("newCount"), &[2, 0x81, 7]]);
        assert_eq!(binary(&mut socket), event, "version {version}");
        assert_eq!(binary(&mut socket), frame(version, &[&[2, 0, 1, 7]]), "version {version}");

        // An error names its actor from version 4 on.
        socket.send_binary(&frame(version, &[&[0, 0xac, 2], &text("decrement"), &[1, 0x80]]));
        let message = text("Action `decrement` was not found.");
        let error = [&[1], &*text("actor"), &text("action_not_found"), &message, &[0, 1, 0xac, 2]].concat();
        let named = [&[1], &*text(&actor), &[1, 1], &text(&key)].concat();
        let named: &[u8] = if version == 4 { &named } else { &[] };
        assert_eq!(binary(&mut socket), frame(version, &[&error, named]), "version {version}");
    }
}

#[test]
fn a_refusal_comes_as_version_3() {
    let host = host();
    let path = host.actor("chat-room", "a").place("/connect");
    let mut socket = WebSocket::open(host.url(), &path, &["rivet", "rivet_encoding.bare"]);
    let error = binary(&mut socket);
    let head = [&[3, 0, 1], &*text("user"), &text("name_required")].concat();
    assert_eq!(error[..head.len()], head);
    // No metadata, no action.
    assert_eq!(error[error.len() - 2..], [0, 0]);
    assert_eq!(socket.closed().reason, "user.name_required");
}

#[test]
fn an_unknown_version_is_refused() {
    let host = host();
    for version in [0, 5, 255] {
        let (mut socket, _) = connect(&host, "unknown");
        socket.send_binary(&frame(version, &[&[1], &text("newCount"), &[1]]));
        assert_eq!(socket.closed().code, 1011, "version {version}");
    }
}
