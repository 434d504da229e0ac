//! Sockets of which nothing is heard: they are asked, and given up when they do not answer.

use std::io::{ErrorKind, Read};

use serde_json::json;
use support::Received;

use crate::{host, keeper, wait_for_hooks};

#[test]
fn a_silent_socket_is_asked_and_then_given_up() {
    let host = host();
    let (mut silent, mut alive) = (keeper(&host, "a"), keeper(&host, "a"));
    let alive = std::thread::spawn(move || {
        // One that answers is left alone: it is asked again.
        for _ in 0..2 {
            assert_eq!(alive.socket().receive(), Received::Ping);
        }
        alive
    });
    // Reading would answer the pings.
    let stream = silent.socket().stream();
    let mut buffer = [0; 1024];
    let mut said = Vec::new();
    let ended = loop {
        match stream.read(&mut buffer) {
            Ok(0) => break true,
            Ok(count) => said.extend_from_slice(&buffer[..count]),
            Err(e) => break e.kind() == ErrorKind::ConnectionReset,
        }
    };
    assert!(ended);
    assert!(said.starts_with(&[0x89, 0]), "a ping comes first: {said:x?}");
    let mut observer = keeper(&host, "a");
    assert_eq!(wait_for_hooks(&mut observer, silent.id(), 2), ["connect", "disconnect"]);

    let mut alive = alive.join().unwrap();
    assert_eq!(alive.output("connCount", json!([])), 2);
}
