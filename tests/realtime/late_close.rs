//! A raw WebSocket that closes while its actor does not run: the next instance hears how.

use serde_json::json;
use support::Closed;

use crate::{host, wait_until_stopped};

#[test]
fn a_close_wakes_the_actor_and_keeps_its_code() {
    let host = host();
    let actor = host.actor("sleeper-sockets", "a");
    let mut socket = actor.web_socket("/");
    socket.send_text("crash");
    host.output().wait_for(&["message of a WebSocket trapped"]);
    wait_until_stopped(&host, "sleeper-sockets", "a");
    socket.close(4005, "done");
    assert_eq!(socket.closed(), Closed::new(4005, "done"));
    let heard = host.output().wait_for(&["socket closed with"]);
    assert!(heard.contains("4005") && heard.contains("done"), "{heard}");
    assert_eq!(actor.output("closed", json!([])), 1);
}
