//! Whatever bytes come in, the host lives on, and keeps nothing of them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use support::{Host, WebSocket, random};

use crate::host;

const ROUNDS: usize = 5;
const SOCKETS_PER_ROUND: usize = 60;
const REQUESTS_PER_ROUND: usize = 200;
/// How much more memory the host may take up after the first round, which warms it up.
const GROWTH_BYTES: f64 = 48.0 * 1024.0 * 1024.0;
const PATIENCE: Duration = Duration::from_secs(120);

/// Messages as they should be, to start from: encoding and bytes.
const MESSAGES: [(&str, &[u8]); 8] = [
    (
        "json",
        br#"{"body":{"tag":"ActionRequest","val":{"id":["$BigInt","1"],"name":"get","args":[1,{"a":"b"}]}}}"#,
    ),
    ("json", br#"{"body":{"tag":"SubscriptionRequest","val":{"eventName":"newCount","subscribe":true}}}"#),
    ("bare", b"\x04\x00\x00\x01\x09increment\x02\x81\x01"),
    ("bare", b"\x01\x00\x00\xff\xff\x03\x03get\x01\x80"),
    ("bare", b"\x03\x00\x01\x08newCount\x01"),
    ("cbor", b"\xa1dbody\xa2ctagmActionRequestcval\xa3bid\x1b\0\0\0\0\0\0\0\x01dnamecgetdargs\x80"),
    ("cbor", b"\xa1dbody\xa2ctagsSubscriptionRequestcval\xa2ieventNamehnewCountisubscribe\xf5"),
    ("cbor", b"\xbfdbody\xbfctagmActionRequestcval\xa3bid\x01dnamecgetdargs\x9f\xd8\x40\x41\x01\xff\xff\xff"),
];

/// Requests as they should be; `ID` is an actor's.
const REQUESTS: [&str; 9] = [
    "GET /gateway/ID/connect HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
     sec-websocket-protocol: rivet, rivet_encoding.json, rivet_conn_params.%7B%22a%22%3A%5B1%5D%7D\r\n\r\n",
    "GET /any HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n\
     sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
     sec-websocket-protocol: rivet, rivet_target.actor, rivet_actor.ID, rivet_encoding.bare, rivet_token.t\r\n\r\n",
    "GET /gateway/ID@tok/websocket/a?b HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "GET /gateway/counter/action/get?rvt-namespace=default&rvt-method=getOrCreate&rvt-runner=default&rvt-key=a%2Cb\
     &rvt-input=oA&rvt-crash-policy=sleep&rvt-token=t HTTP/1.1\r\nhost: h\r\n\r\n",
    "POST /gateway/ID/action/increment HTTP/1.1\r\nhost: h\r\nx-rivet-encoding: bare\r\ncontent-length: 5\r\n\r\n\
     \x04\0\x02\x01\x01",
    "POST /gateway/ID/request/a/../b%2f?c HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n\
     3\r\nabc\r\n0\r\n\r\n",
    "POST /request/a HTTP/1.1\r\nhost: h\r\nx-rivet-target: actor\r\nx-rivet-actor: ID\r\n\
     x-rivet-conn-params: {\"a\":1}\r\ncontent-length: 1\r\n\r\na",
    "PUT /actors?namespace=default HTTP/1.1\r\nhost: h\r\ncontent-length: 68\r\n\r\n\
     {\"name\":\"counter\",\"key\":\"a\\/b\",\"runner_name_selector\":\"d\",\"input\":\"oA==\"}",
    "OPTIONS /gateway/x/request HTTP/1.1\r\nhost: h\r\norigin: null\r\naccess-control-request-headers: a\r\n\r\n",
];

#[test]
fn nothing_that_comes_in_ends_the_host() {
    let mut random = random();
    let host = host();
    let ids = ["counter", "raw-echo", "gate-keeper"].map(|name| {
        let link = host.actor(name, "fuzzed").connect(&Value::Null);
        link.actor_id().to_owned()
    });
    let mut warm_bytes = None;
    for _ in 0..ROUNDS {
        for _ in 0..SOCKETS_PER_ROUND {
            talk(&host, &mut random);
        }
        for _ in 0..REQUESTS_PER_ROUND {
            let id = ids.choose(&mut random).unwrap();
            let request = REQUESTS.choose(&mut random).unwrap().replace("ID", id);
            let mutated = mutate(request.as_bytes(), &mut random);
            exchange(&host, &mutated);
        }
        assert_eq!(host.http().get("/health").status, 200);
        warm_bytes.get_or_insert_with(|| host.resident_bytes());
    }
    let growth = host.resident_bytes() - warm_bytes.unwrap();
    assert!(growth < GROWTH_BYTES, "the host has grown by {growth} bytes");
    assert_eq!(host.actor("counter", "not fuzzed").output("increment", json!([2])), 2);
    assert!(!host.output().text().contains("panicked at host"), "the host panicked");
}

/// Opens a socket and sends mutated messages, some of them in frames that are mutated, too.
fn talk(host: &Host, random: &mut StdRng) {
    let (encoding, _) = MESSAGES.choose(random).unwrap();
    let place = if random.random_ratio(1, 4) { "/websocket/fuzz" } else { "/connect" };
    let actor = if place == "/connect" { "counter" } else { "raw-echo" };
    let protocol = format!("rivet_encoding.{encoding}");
    let path = host.actor(actor, "fuzzed").place(place);
    let mut socket = WebSocket::open(host.url(), &path, &["rivet", &protocol]);
    for _ in 0..random.random_range(1..8) {
        let mut alike = MESSAGES.iter().filter(|(other, _)| other == encoding);
        let (_, message) = alike.nth(random.random_range(0..2)).unwrap();
        let message = mutate(message, random);
        let mut frame = frame(if *encoding == "json" { 1 } else { 2 }, &message);
        if random.random_ratio(1, 3) {
            frame = mutate(&frame, random);
        }
        if socket.stream().write_all(&frame).is_err() {
            break;
        }
    }
    // Whatever the host still waits for, it does not come.
    let _ = socket.stream().shutdown(Shutdown::Write);
    socket.closed();
}

/// Sends bytes, and takes whatever answer there is.
fn exchange(host: &Host, bytes: &[u8]) {
    let address = host.url().trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The host may have heard enough before the end.
    let _ = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    if let Err(e) = stream.read_to_end(&mut answer) {
        assert_ne!(e.kind(), std::io::ErrorKind::WouldBlock, "no end to the answer of {bytes:x?}");
    }
}

/// A frame of a client, with a mask of zeros.
fn frame(opcode: u8, message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode];
    match message.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(message);
    frame
}

/// Changes some bytes, drops some, doubles some; sometimes none.
fn mutate(bytes: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.random_range(0..4) {
        let at = random.random_range(0..=bytes.len());
        let to = (at + random.random_range(0..16)).min(bytes.len());
        match random.random_range(0..6) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 => bytes.insert(at, random.random()),
            3 => {
                let doubled = bytes[at..to].to_vec();
                bytes.splice(at..at, doubled);
            }
            4 => bytes.splice(at..at, [0xff; 9]).for_each(drop),
            _ => bytes[at..to].iter_mut().for_each(|byte| *byte = random.random()),
        }
    }
    bytes
}
