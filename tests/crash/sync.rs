//! `--durability sync`: the journal is synced between the read of a request that writes and its reply.

use std::io::{Read, Write};
use std::net::TcpStream;

use support::{Host, HostOptions, example};

use crate::trace::Trace;

const CALLS: usize = 5;

#[test]
fn sync_precedes_every_reply_to_a_write() {
    let trace = traced("sync", "increment");
    for call in 0..CALLS {
        let between = trace.between_request_and_reply(&mark(call));
        assert!(
            between.iter().any(|line| is_sync(line)),
            "reply {call} left before a sync; between request and reply:\n{}",
            between.join("\n")
        );
    }
}

/// The same look at a host that does not sync finds none: the check above can fail.
#[test]
fn without_durability_no_sync_is_seen() {
    let trace = traced("none", "increment");
    for call in 0..CALLS {
        let between = trace.between_request_and_reply(&mark(call));
        assert!(!between.iter().any(|line| is_sync(line)), "{}", between.join("\n"));
    }
}

/// A turn that changed nothing waits for no sync.
#[test]
fn a_read_needs_no_sync() {
    let trace = traced("sync", "get");
    for call in 0..CALLS {
        let between = trace.between_request_and_reply(&mark(call));
        assert!(!between.iter().any(|line| is_sync(line)), "{}", between.join("\n"));
    }
}

/// A sync of the journal that ended well. The database is synced as well, some seconds after a write, but no
/// reply waits for that.
pub fn is_sync(line: &str) -> bool {
    let name = ["fsync(", "fdatasync("].iter().any(|call| line.contains(call));
    name && line.contains("/data/journal/") && line.ends_with("= 0")
}

/// Calls an action a few times, one after the other, on a host whose system calls are traced.
fn traced(durability: &str, action: &str) -> Trace {
    let host = HostOptions::new([example("counter")]).args(["--durability", durability]).start();
    let counter = host.actor("counter", "traced");
    counter.call("increment", serde_json::json!([1]));
    let trace = Trace::attach(&host);
    let mut connection = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    for call in 0..CALLS {
        send(&host, &mut connection, &counter.path(action), &mark(call), r#"{"args":[]}"#);
    }
    trace.finish(host)
}

/// What tells a call from the others in the trace.
pub fn mark(call: usize) -> String {
    format!("x-mark: call-{call}.")
}

pub fn send(host: &Host, connection: &mut TcpStream, path: &str, mark: &str, body: &str) {
    // The mark comes first, because the tracer shows only the first bytes of what is read.
    let request = format!(
        "POST {path} HTTP/1.1\r\n{mark}\r\nhost: {}\r\nx-rivet-encoding: json\r\ncontent-length: {}\r\n\r\n{body}",
        host.url(),
        body.len()
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut reply = [0; 4096];
    let length = connection.read(&mut reply).unwrap();
    let reply = String::from_utf8_lossy(&reply[..length]);
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}
