//! A client that takes nothing of what it is sent does not keep its place.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::json;
use support::{Closed, HostOptions, example};

use crate::{host, keeper, wait_for_hooks};

/// More than what the kernel's buffers hold, and far less than what may wait in the host.
const BLOBS: usize = 20;
const BLOB_BYTES: usize = 900 << 10;

#[test]
fn a_socket_that_takes_nothing_is_closed() {
    let host = host();
    let (mut stalled, mut caller) = (keeper(&host, "a"), keeper(&host, "a"));
    stalled.subscribe("blob");
    stalled.output("connCount", json!([]));
    for _ in 0..BLOBS {
        caller.output("blob", json!([BLOB_BYTES]));
    }
    assert_eq!(wait_for_hooks(&mut caller, stalled.id(), 2), ["connect", "disconnect"]);
    // It is told, if it listens after all.
    assert_eq!(stalled.closed(), Closed::new(1013, "ws.slow_consumer"));
}

#[test]
fn an_answer_that_is_not_taken_is_given_up() {
    let options = HostOptions::new([example("raw-echo")]).args(["--log", "rivet_host=debug"]);
    let host = options.start_deployed();
    let body = vec![7; BLOBS * BLOB_BYTES];
    let mut stream = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    let path = host.actor("raw-echo", "a").place("/request/");
    let length = body.len();
    write!(stream, "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n").unwrap();
    let mut writer = stream.try_clone().unwrap();
    // Perhaps not all of it is wanted, as what comes back is not.
    let sender = std::thread::spawn(move || writer.write_all(&body));
    host.output().wait_for(&["a connection ended", "the client took nothing"]);
    let mut taken = Vec::new();
    let _ = stream.read_to_end(&mut taken);
    let _ = sender.join().unwrap();
    assert!(taken.starts_with(b"HTTP/1.1 200 OK\r\n"), "the answer had begun");
    assert!(taken.len() < length, "{} bytes", taken.len());
}
