//! Raw HTTP that is answered while it is still being sent.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use support::Host;

use crate::host;

/// How long something is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Begins a chunked request, and leaves it open.
fn begin(host: &Host) -> TcpStream {
    let address = host.url().trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let path = host.actor("raw-echo", "a").place("/request/stream");
    write!(stream, "POST {path} HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
    stream
}

fn send_piece(stream: &mut TcpStream, piece: &str) {
    write!(stream, "{:x}\r\n{piece}\r\n", piece.len()).unwrap();
}

/// Reads until the text has come, and gives all that came.
fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        received.extend_from_slice(&buffer[..count]);
        let so_far = String::from_utf8_lossy(&received).into_owned();
        if so_far.contains(text) {
            return so_far;
        }
        assert!(count > 0, "it ended before {text:?} came: {so_far}");
    }
}

#[test]
fn pieces_come_back_before_the_last_is_sent() {
    let host = host();
    let mut stream = begin(&host);
    send_piece(&mut stream, "one piece");
    let head = read_until(&mut stream, "one piece");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for piece in ["another piece", "and one more"] {
        send_piece(&mut stream, piece);
        read_until(&mut stream, piece);
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    read_until(&mut stream, "0\r\n\r\n");
}

/// Sends a body of so many bytes, and gives what came back meanwhile: head and body.
fn echo(host: &Host, len_bytes: u32) -> (String, Vec<u8>) {
    let address = host.url().trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let path = host.actor("raw-echo", "a").place("/request/long");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {len_bytes}\r\n\r\n"
    );
    let mut writer = stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || {
        // The host may have heard enough before the end.
        let _ = writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&body(len_bytes)));
    });
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received);
    sender.join().unwrap();
    let end = received.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let back = received.split_off(end + 4);
    (String::from_utf8(received).unwrap(), back)
}

/// Of which no two pieces are alike.
fn body(len_bytes: u32) -> Vec<u8> {
    (0..len_bytes).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// The bytes of a chunked body.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = chunks.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        let from = end + 2;
        whole.extend_from_slice(&chunks[from..from + length]);
        chunks = &chunks[from + length + 2..];
    }
    whole
}

#[test]
fn a_long_body_comes_back() {
    let host = host();
    let (head, back) = echo(&host, 15 << 20);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(joined(&back) == body(15 << 20), "{} bytes came back", back.len());
}

/// The head is out before the limit is reached: the answer breaks off.
#[test]
fn a_body_over_20_mib_is_not_taken() {
    let host = host();
    let (head, back) = echo(&host, (20 << 20) + 1);
    assert!(!head.starts_with("HTTP/1.1 200") || !back.ends_with(b"0\r\n\r\n"), "{head}");
    let path = host.actor("raw-echo", "a").place("/request/");
    assert_eq!(host.http().send("POST", &path, &[], b"still here").unwrap().text(), "still here");
}

/// A client that goes away in the middle leaves nothing behind that would be in anyone's way.
#[test]
fn clients_may_go_away() {
    let host = host();
    let mut streams: Vec<TcpStream> = (0..50).map(|_| begin(&host)).collect();
    for stream in &mut streams {
        send_piece(stream, "a piece");
        read_until(stream, "a piece");
    }
    drop(streams);
    let path = host.actor("raw-echo", "a").place("/request/");
    assert_eq!(host.http().send("POST", &path, &[], b"still here").unwrap().text(), "still here");
}
