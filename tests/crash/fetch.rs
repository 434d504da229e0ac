//! `fetch`: the journal is synced before anything is said to the outside.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use support::{HostOptions, component};

use crate::sync::{is_sync, mark, send};
use crate::trace::Trace;

const CALLS: usize = 5;

#[test]
fn sync_precedes_every_request_of_a_turn_that_writes() {
    let (trace, port) = traced("sync", "countAndAsk");
    for call in 0..CALLS {
        let between = before_connect(&trace, call, port);
        assert!(
            between.iter().any(|line| is_sync(line)),
            "request {call} left before a sync; before it:\n{}",
            between.join("\n")
        );
    }
}

/// The same look at a host that does not sync finds none: the check above can fail.
#[test]
fn without_durability_no_sync_is_seen() {
    let (trace, port) = traced("none", "countAndAsk");
    for call in 0..CALLS {
        let between = before_connect(&trace, call, port);
        assert!(!between.iter().any(|line| is_sync(line)), "{}", between.join("\n"));
    }
}

fn before_connect(trace: &Trace, call: usize, port: u16) -> Vec<&str> {
    let to = format!("htons({port})");
    trace.between_request_and(&mark(call), |line| line.contains("connect(") && line.contains(&to))
}

/// Has an actor make requests, one after the other, on a host whose system calls are traced.
fn traced(durability: &str, action: &str) -> (Trace, u16) {
    let outside = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = outside.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in outside.incoming() {
            let mut stream = stream.unwrap();
            let _head = stream.read(&mut [0; 4096]).unwrap();
            stream.write_all(b"HTTP/1.1 204 Nothing\r\n\r\n").unwrap();
        }
    });
    let host = HostOptions::new([component("fetcher")]);
    let host = host.args(["--durability", durability, "--allow-net", &address.to_string()]).start();
    let fetcher = host.actor("fetcher", "traced");
    let body = format!(r#"{{"args":["http://{address}/"]}}"#);
    fetcher.call(action, serde_json::json!([format!("http://{address}/")]));
    let trace = Trace::attach(&host);
    let mut connection = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    for call in 0..CALLS {
        send(&host, &mut connection, &fetcher.path(action), &mark(call), &body);
    }
    (trace.finish(host), address.port())
}
