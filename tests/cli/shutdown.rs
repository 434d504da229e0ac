//! SIGTERM: turns in flight finish, commit and are answered.

use std::io::Write;
use std::net::TcpStream;

use serde_json::json;

use support::{Host, component};

#[test]
fn a_turn_in_flight_is_finished() {
    let mut host = Host::start([component("slow-turn")]);
    let actor = host.actor("slow-turn", "a");
    assert_eq!(actor.output("worked", json!([])), false);
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| actor.output("work", json!([])));
        host.output().wait_for(&["the work begins"]);
        host.terminate();
        assert_eq!(answer.join().unwrap(), true, "the turn in flight was not answered");
    });
    assert!(host.wait().success(), "the host did not end well:\n{}", host.output().to_end());
    host.restart();
    assert_eq!(host.actor("slow-turn", "a").output("worked", json!([])), true);
}

/// Nobody waits for the answer any more, and the turn is finished all the same.
#[test]
fn a_turn_whose_client_has_gone_is_finished() {
    let mut host = Host::start([component("slow-turn")]);
    let actor = host.actor("slow-turn", "a");
    assert_eq!(actor.output("worked", json!([])), false);
    let mut client = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    let (path, body) = (actor.path("work"), r#"{"args":[]}"#);
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    client.write_all(head.as_bytes()).unwrap();
    host.output().wait_for(&["the work begins"]);
    drop(client);
    host.terminate();
    assert!(host.wait().success(), "the host did not end well:\n{}", host.output().to_end());
    host.restart();
    assert_eq!(host.actor("slow-turn", "a").output("worked", json!([])), true);
}
