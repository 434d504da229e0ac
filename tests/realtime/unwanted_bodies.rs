//! A body that no actor reads does not cost its client the connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::host;

/// Less than what a body may have.
const BODY_BYTES: usize = 15 << 20;

#[test]
fn the_connection_of_a_long_body_stays() {
    let host = host();
    let mut stream = TcpStream::connect(host.url().trim_start_matches("http://")).unwrap();
    // It has no handler for requests.
    let path = host.actor("counter", "a").place("/request/x");
    for _ in 0..3 {
        write!(stream, "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {BODY_BYTES}\r\n\r\n").unwrap();
        stream.write_all(&vec![7; BODY_BYTES]).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 404") && head.contains("content-length: 0"), "{head}");
    }
}
