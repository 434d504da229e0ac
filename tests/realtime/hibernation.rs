//! Raw WebSockets and the end of the instance beneath them: those that hibernate stay, the others end with it.

use serde_json::json;
use support::{Closed, Received, WebSocket};

use crate::host;

/// What the actor has counted: in the memory of this instance, and in the connection's state.
fn counts(socket: &mut WebSocket) -> String {
    socket.send_text("count");
    match socket.message() {
        Received::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_socket_that_hibernates_outlives_the_instance() {
    let host = host();
    let actor = host.actor("sleeper-sockets", "a");
    let (mut first, mut second) = (actor.web_socket("/a"), actor.web_socket("/b"));
    assert_eq!(counts(&mut first), "1:1");
    assert_eq!(counts(&mut second), "2:1");
    assert_eq!(counts(&mut first), "3:2");
    second.send_text("crash");
    host.output().wait_for(&["message of a WebSocket trapped"]);
    assert_eq!(counts(&mut first), "1:3", "the memory is new, the state is not");
    assert_eq!(counts(&mut second), "2:2");
    assert_eq!(actor.output("closed", json!([])), 0);
}

#[test]
fn a_socket_that_does_not_hibernate_ends_with_the_instance() {
    let host = host();
    let actor = host.actor("plain-sockets", "a");
    let (mut first, mut second) = (actor.web_socket("/a"), actor.web_socket("/b"));
    assert_eq!(counts(&mut first), "1:1");
    assert_eq!(counts(&mut second), "2:1");
    second.send_text("crash");
    assert_eq!(second.closed(), Closed::new(1011, "actor.panicked"));
    assert_eq!(first.closed().code, 1011);
    assert_eq!(counts(&mut actor.web_socket("/c")), "1:1");
}

/// A message wakes an actor that has ended meanwhile; so does a close.
#[test]
fn sockets_wake_the_actor() {
    let host = host();
    let actor = host.actor("sleeper-sockets", "a");
    let mut socket = actor.web_socket("/a");
    socket.send_text("crash");
    socket.close(4000, "enough");
    assert_eq!(socket.closed(), Closed::new(4000, "enough"));
    host.output().wait_for(&["socket closed with 4000", "enough"]);
    assert_eq!(actor.output("closed", json!([])), 1);
}

#[test]
fn sockets_of_a_killed_host_are_taken_leave_of() {
    let mut host = host();
    let mut sockets = Vec::new();
    for name in ["sleeper-sockets", "plain-sockets"] {
        let mut socket = host.actor(name, "a").web_socket("/a");
        assert_eq!(counts(&mut socket), "1:1");
        sockets.push(socket);
    }
    host.kill();
    host.restart();
    // Only the record of one that hibernates is durable: of the other nothing is left to take leave of.
    assert_eq!(host.actor("sleeper-sockets", "a").output("closed", json!([])), 1);
    assert_eq!(host.actor("plain-sockets", "a").output("closed", json!([])), 0);
}
