//! What npm 2.3.19 and Rivet said to each other over a WebSocket, as it was captured: the same frames from the client,
//! the same frames from this host.

use serde_json::Value;
use support::{Closed, Received, WebSocket, root};

use crate::host;

/// `{"start": 5}` in CBOR and base64url: the captured counter had counted to 5.
const INPUT: &str = "oWVzdGFydAU";

/// The captured frames of an encoding, by number.
fn captured(encoding: &str) -> impl Fn(usize) -> Vec<u8> {
    let path = root().join("host/codec/tests/vectors/frames.json");
    let all: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let encoding = encoding.to_owned();
    move |number| {
        let name = format!("{encoding}.ws.ready.frame{number}");
        let frame = all.iter().find(|frame| frame["name"] == name).unwrap_or_else(|| panic!("no {name}"));
        let hex = frame["hex"].as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    }
}

#[test]
fn captured_frames_are_answered_as_captured() {
    let host = host();
    for encoding in ["json", "cbor", "bare"] {
        let frame = captured(encoding);
        let path = host.actor("counter", encoding).place(&format!("/connect?rvt-input={INPUT}"));
        let encoding_token = format!("rivet_encoding.{encoding}");
        let protocols = ["rivet", &encoding_token, "rivet_conn_params.%7B%22tok%22%3A%22w%20s%22%7D"];
        let mut socket = WebSocket::open(host.url(), &path, &protocols);
        assert!(!matches!(socket.message(), Received::Closed(_)), "{encoding}");
        // Two subscriptions and `increment(2)`; the event of it and its answer.
        for number in [1, 2, 3] {
            match encoding {
                "json" => socket.send_text(&String::from_utf8(frame(number)).unwrap()),
                _ => socket.send_binary(&frame(number)),
            }
        }
        for number in [4, 5] {
            match socket.message() {
                Received::Text(text) => {
                    let [said, captured] = [text.as_bytes(), &frame(number)]
                        .map(|json| serde_json::from_slice::<Value>(json).unwrap());
                    assert_eq!(said, captured, "{encoding}: frame {number}");
                }
                Received::Binary(bytes) => assert_eq!(bytes, frame(number), "{encoding}: frame {number}"),
                other => panic!("{encoding}: {other:?} in place of frame {number}"),
            }
        }
        socket.close(1000, "Disposed");
        assert_eq!(socket.closed(), Closed::new(1000, "Disposed"), "{encoding}");
    }
}
