//! No bytes make a decoder or an encoder panic.
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_codec::{
    Encoding, QueueStatus, ToClient, Version, decode_action, decode_queue_send, decode_to_server,
    encode_error, encode_output, encode_queue_status, encode_to_client, value,
};
use rivet_ground::ActorError;

const ROUNDS: usize = 40_000;
const MOST_BYTES: usize = 96;
const ENCODINGS: [Encoding; 6] = [
    Encoding::Json,
    Encoding::Cbor,
    Encoding::Bare(Version::V1),
    Encoding::Bare(Version::V2),
    Encoding::Bare(Version::V3),
    Encoding::Bare(Version::V4),
];

/// Pieces that lead deeper into the codec than noise does.
const PIECES: [&[u8]; 24] = [
    b"\x04\x00",
    b"\x03\x00",
    b"\x82",
    b"\x9f",
    b"\xff",
    b"\xbf",
    b"\xa1",
    b"\x64$Set",
    b"\x67$BigInt",
    b"\x61\x35",
    b"\x6a$Undefined",
    b"\x6b$Uint8Array",
    b"\x63$$x",
    b"\xd9\x01\x02",
    b"\xc1",
    b"\xc2",
    b"\xd8\x40",
    b"\x5f",
    b"\x7f",
    b"\x64args",
    b"[\"$Set\",",
    b"{\"args\":",
    b"[",
    b"]}",
];

fn bytes(random: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    let len = random.random_range(0..MOST_BYTES);
    while bytes.len() < len {
        if random.random_bool(0.7) {
            bytes.extend_from_slice(PIECES[random.random_range(0..PIECES.len())]);
        } else {
            bytes.push(random.random());
        }
    }
    bytes
}

#[test]
fn any_bytes() {
    let seed = std::env::var("SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut read = 0;
    for _ in 0..ROUNDS {
        let bytes = bytes(&mut random);
        value::decode_input(&bytes).ok();
        value::from_json(&bytes).ok();
        for encoding in ENCODINGS {
            decode_queue_send(encoding, &bytes).ok();
            decode_to_server(encoding, &bytes).ok();
            if let Ok(args) = decode_action(encoding, &bytes) {
                read += 1;
                for encoding in ENCODINGS {
                    // Guest form can always be written, but for map keys in JSON.
                    let written = encode_output(encoding, &args);
                    assert!(written.is_ok() || encoding == Encoding::Json, "{bytes:02x?}");
                }
            }
            write(encoding, &bytes);
        }
    }
    assert!(read > 0, "some of it was read");
}

/// Writes bytes of a guest, whatever they are.
fn write(encoding: Encoding, bytes: &[u8]) {
    encode_output(encoding, bytes).ok();
    encode_queue_status(encoding, &QueueStatus::Completed(Some(bytes.to_vec().into()))).ok();
    encode_to_client(encoding, &ToClient::Event { name: "e", args: bytes }).ok();
    encode_error(encoding, &ActorError::new("user", "c", "m").with_metadata(bytes.to_vec()), None).ok();
}
