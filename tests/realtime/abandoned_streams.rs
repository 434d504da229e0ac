//! Raw answers that never end, and whose clients go away: nothing of them stays in the actor's way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use support::Host;

use crate::host;

/// More than what one actor may have under way at a time.
const STREAMS: usize = 1_100;
/// How long something is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks for an answer without end, reads its beginning, and goes away.
fn abandon(host: &Host, path: &str) {
    let mut stream = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello\r\n") {
        let mut byte = [0];
        let count = stream.read(&mut byte).unwrap();
        assert_eq!(count, 1, "{}", String::from_utf8_lossy(&answer));
        answer.extend(byte);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn streams_of_the_gone_are_in_nobodys_way() {
    let host = host();
    let actor = host.actor("waiting-room", "a");
    let path = actor.place("/request/forever");
    for _ in 0..STREAMS {
        abandon(&host, &path);
    }
    assert_eq!(actor.output("hello", json!([])), "hello");
    assert_eq!(host.http().get(&actor.place("/request/")).text(), "hello");
    let listed = host.http().get("/actors?namespace=default&name=waiting-room&key=a").json();
    let id = listed["actors"][0]["actor_id"].as_str().unwrap();
    let deleted = host.http().delete(&format!("/actors/{id}?namespace=default"));
    assert_eq!(deleted.status, 200, "{}", deleted.text());
    let listed = host.http().get("/actors?namespace=default&name=waiting-room&key=a").json();
    assert_eq!(listed["actors"], json!([]));
}
