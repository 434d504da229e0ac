//! What the real client sent is read as it was meant.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

mod vectors;

use rivet_codec::{Encoding, ToServer, Version, decode_action, decode_queue_send, decode_to_server};
use serde_json::Value as Json;
use vectors::tree::Tree;
use vectors::{encoding, guest, hex_of, id, message, text};

#[test]
fn action_calls() {
    let mut checked = 0;
    for vector in vectors::http().iter().filter(|vector| vector["kind"] == "action") {
        let body = hex_of(vector, "request");
        let encoding = encoding(vector, &body);
        let args = decode_action(encoding, &body).unwrap_or_else(|e| panic!("{}: {e}", vector["name"]));
        let expected = guest(&message(&vector["requestDecoded"])["args"], encoding);
        assert_eq!(Tree::parse(&args).sorted(), expected.sorted(), "{}", vector["name"]);
        checked += 1;
    }
    assert!(checked > 60, "{checked}");
}

fn check_queue_send(name: &str, encoding: Encoding, decoded: &Json, body: &[u8]) {
    let send = decode_queue_send(encoding, body).unwrap_or_else(|e| panic!("{name}: {e}"));
    let expected = message(decoded);
    assert_eq!(Tree::parse(&send.body).sorted(), guest(&expected["body"], encoding).sorted(), "{name}");
    assert_eq!(send.wait, expected["wait"].as_bool().unwrap_or(false), "{name}");
    let timeout = &expected["timeout"];
    assert_eq!(send.timeout_ms, timeout.as_u64().or(id(timeout)), "{name}");
}

#[test]
fn queue_sends() {
    let mut checked = 0;
    for vector in vectors::http().iter().filter(|vector| vector["kind"] == "queue") {
        let body = hex_of(vector, "request");
        let encoding = encoding(vector, &body);
        check_queue_send(text(&vector["name"]), encoding, &vector["requestDecoded"], &body);
        checked += 1;
    }
    assert!(checked >= 8, "{checked}");
}

fn check_to_server(name: &str, encoding: Encoding, decoded: &Json, message_in: ToServer) {
    let val = &message(decoded)["body"]["val"];
    match message_in {
        ToServer::ActionRequest { id: call, name: action, args } => {
            assert_eq!(Some(call), id(&val["id"]), "{name}");
            assert_eq!(action, text(&val["name"]), "{name}");
            assert_eq!(Tree::parse(&args).sorted(), guest(&val["args"], encoding).sorted(), "{name}");
        }
        ToServer::SubscriptionRequest { event_name, subscribe } => {
            assert_eq!(event_name, text(&val["eventName"]), "{name}");
            assert_eq!(subscribe, val["subscribe"].as_bool().unwrap(), "{name}");
        }
    }
}

#[test]
fn connection_messages() {
    let mut checked = 0;
    for vector in vectors::frames().iter().filter(|vector| vector["direction"] == "client->server") {
        let frame = hex_of(vector, "hex");
        let encoding = encoding(vector, &frame);
        let (answer_in, message_in) =
            decode_to_server(encoding, &frame).unwrap_or_else(|e| panic!("{}: {e}", vector["name"]));
        assert_eq!(answer_in, encoding);
        check_to_server(text(&vector["name"]), encoding, &vector["decoded"], message_in);
        checked += 1;
    }
    assert!(checked >= 37, "{checked}");
}

#[test]
fn every_version() {
    let mut checked = 0;
    for vector in vectors::synthetic() {
        let (name, bytes) = (text(&vector["name"]), hex_of(&vector, "hex"));
        let encoding = Encoding::of_request(Some("bare"), &bytes);
        match text(&vector["decoded"]["type"]) {
            "ToServer" => {
                let (answer_in, message_in) = decode_to_server(Encoding::Bare(Version::V3), &bytes).unwrap();
                assert_eq!(answer_in, encoding, "{name}");
                check_to_server(name, encoding, &vector["decoded"], message_in);
            }
            "HttpActionRequest" => {
                let args = decode_action(encoding, &bytes).unwrap();
                let expected = guest(&message(&vector["decoded"])["args"], encoding);
                assert_eq!(Tree::parse(&args), expected, "{name}");
            }
            "HttpQueueSendRequest" => check_queue_send(name, encoding, &vector["decoded"], &bytes),
            _ => continue,
        }
        checked += 1;
    }
    assert!(checked >= 20, "{checked}");
}

#[test]
fn arguments_that_are_no_array() {
    let args = |json: &str| decode_action(Encoding::Json, json.as_bytes()).unwrap().to_vec();
    assert_eq!(args(r#"{"args":null}"#), [0x80]);
    assert_eq!(args(r#"{}"#), [0x80]);
    assert_eq!(args(r#"{"args":5}"#), [0x81, 5]);
    assert_eq!(args(r#"{"args":["$Undefined",0]}"#), [0x80]);
    assert_eq!(args(r#"{"other":[1],"args":[2]}"#), [0x81, 2]);
}
