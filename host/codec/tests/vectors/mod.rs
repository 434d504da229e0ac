//! Frames that were captured between the real client and the real server, and what they mean.
//!
//! `http.json` and `frames.json` are captures on loopback of npm `rivetkit` 2.3.19 and its engine; `synthetic.json`
//! was made with the codecs of that package. In `decoded`, `{"$cbor"}` is a CBOR blob, and `{"$bigint"}`,
//! `{"$bytesHex"}`, `{"$date"}` and `{"$undefined"}` are values that JSON does not have.
#![allow(dead_code, reason = "each test uses its part")]

pub mod tree;

use serde_json::Value as Json;

use rivet_codec::{Encoding, Version};
use tree::Tree;

pub fn http() -> Vec<Json> {
    serde_json::from_str(include_str!("http.json")).unwrap()
}

pub fn frames() -> Vec<Json> {
    serde_json::from_str(include_str!("frames.json")).unwrap()
}

pub fn synthetic() -> Vec<Json> {
    serde_json::from_str(include_str!("synthetic.json")).unwrap()
}

pub fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub fn hex_of(vector: &Json, field: &str) -> Vec<u8> {
    hex(vector[field].as_str().unwrap())
}

pub fn text(json: &Json) -> &str {
    json.as_str().unwrap()
}

/// The encoding of a vector, whose first bytes have the version in BARE.
pub fn encoding(vector: &Json, bytes: &[u8]) -> Encoding {
    Encoding::of_request(vector["encoding"].as_str(), bytes)
}

/// The message of a vector as one JSON object, whatever its encoding.
pub fn message(decoded: &Json) -> &Json {
    decoded.get("value").or(decoded.get("cbor")).unwrap_or(decoded)
}

/// The number in an id.
pub fn id(json: &Json) -> Option<u64> {
    let text = json.get("$bigint").or(json.get(1));
    text.map(|text| text.as_str().unwrap().parse().unwrap())
}

/// A value of a vector in guest form.
pub fn guest(json: &Json, encoding: Encoding) -> Tree {
    let compat = matches!(encoding, Encoding::Json | Encoding::Bare(Version::V4));
    let json = json.get("$cbor").unwrap_or(json);
    let inner = |json| guest(json, encoding);
    match json {
        Json::Null => Tree::Simple(22),
        Json::Bool(value) => Tree::Simple(20 + u8::from(*value)),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Tree::Int { n: n.into(), wide: n.unsigned_abs() > u32::MAX.into() },
            None => Tree::Float(n.as_f64().unwrap()),
        },
        Json::String(text) => Tree::Text(text.clone()),
        Json::Array(items) => match items.as_slice() {
            [Json::String(tag), Json::String(n)] if tag == "$BigInt" => bigint(n),
            [Json::String(tag), Json::String(bytes)] if tag == "$Uint8Array" => {
                use base64::Engine;
                Tree::Bytes(base64::engine::general_purpose::STANDARD.decode(bytes).unwrap())
            }
            [Json::String(tag), _] if tag == "$Undefined" => Tree::Simple(23),
            [Json::String(tag), second] if compat && tag.starts_with("$$") => {
                Tree::Array(vec![Tree::Text(tag[1..].to_owned()), inner(second)])
            }
            items => Tree::Array(items.iter().map(inner).collect()),
        },
        Json::Object(map) => match map.iter().next() {
            Some((mark, n)) if mark == "$bigint" => bigint(text(n)),
            Some((mark, bytes)) if mark == "$bytesHex" => Tree::Bytes(hex(text(bytes))),
            Some((mark, _)) if mark == "$undefined" => Tree::Simple(23),
            Some((mark, date)) if mark == "$date" => {
                assert_eq!(text(date), "2023-11-14T22:13:20.000Z", "the only date in the vectors");
                Tree::Tag(1, Box::new(Tree::Int { n: 1_700_000_000, wide: false }))
            }
            _ => Tree::Map(map.iter().map(|(k, v)| (Tree::Text(k.clone()), inner(v))).collect()),
        },
    }
}

fn bigint(n: &str) -> Tree {
    Tree::Int { n: n.parse().unwrap(), wide: true }
}

/// Checks that two messages mean the same to a client; integers must have the same width, maps may differ in order.
pub fn assert_same(name: &str, encoding: Encoding, ours: &[u8], captured: &[u8], decoded: &Json) {
    match encoding {
        Encoding::Json => {
            let [ours, captured] =
                [ours, captured].map(|bytes| serde_json::from_slice::<Json>(bytes).unwrap());
            assert_eq!(ours, captured, "{name}");
        }
        Encoding::Cbor => {
            let [ours, captured] = [ours, captured].map(|bytes| {
                // What the client does after cbor-x: it revives compat arrays.
                Tree::parse(&rivet_codec::value::decode_input(bytes).unwrap()).sorted()
            });
            assert_eq!(ours, captured, "{name}");
        }
        Encoding::Bare(_) => assert_eq!(ours, shortest_blobs(captured.to_vec(), decoded), "{name}"),
    }
}

/// A BARE message with its CBOR blobs written with the shortest heads, and fields that are in the order of a vector's
/// JSON.
fn shortest_blobs(mut message: Vec<u8>, decoded: &Json) -> Vec<u8> {
    let mut blobs = Vec::new();
    find_blobs(decoded, &mut blobs);
    for blob in blobs {
        let shortest = Tree::parse(&blob).sorted().bytes();
        let [old, new] = [blob, shortest].map(|bytes| {
            let len = bytes.len();
            assert!(len < 1 << 14, "a length of two bytes at most is assumed");
            let prefix = if len < 0x80 { vec![len as u8] } else { vec![len as u8 | 0x80, (len >> 7) as u8] };
            [prefix, bytes].concat()
        });
        let at = message.windows(old.len()).position(|window| window == old).unwrap();
        message.splice(at..at + old.len(), new);
    }
    message
}

fn find_blobs(json: &Json, found: &mut Vec<Vec<u8>>) {
    match json {
        Json::Object(map) => match map.get("$cborHex") {
            Some(blob) => found.push(hex(text(blob))),
            None => map.values().for_each(|json| find_blobs(json, found)),
        },
        Json::Array(items) => items.iter().for_each(|json| find_blobs(json, found)),
        _ => {}
    }
}
