//! No bytes make a decoder or an encoder panic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(clippy::print_stdout, reason = "the seed of a failure")]

mod vectors;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_codec::{
    Encoding, QueueStatus, ToClient, ToServer, Version, decode_action, decode_queue_send, decode_to_server,
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

/// Random numbers that a failure can be repeated with.
fn random() -> StdRng {
    let seed = std::env::var("SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    StdRng::seed_from_u64(seed)
}

#[test]
fn any_bytes() {
    let mut random = random();
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

/// Frames of the real client, as they were captured.
fn captured() -> Vec<Vec<u8>> {
    let frames = vectors::frames().into_iter().filter(|vector| vector["direction"] == "client->server");
    let synthetic = vectors::synthetic().into_iter().filter(|vector| vector["decoded"]["type"] == "ToServer");
    frames.chain(synthetic).map(|vector| vectors::hex_of(&vector, "hex")).collect()
}

/// Changes a frame a little: a byte, a length, an end.
fn mutate(random: &mut StdRng, frame: &mut Vec<u8>) {
    for _ in 0..random.random_range(0..4) {
        let at = random.random_range(0..=frame.len());
        match random.random_range(0..6) {
            0 => frame.truncate(at),
            1 => drop(frame.splice(at..at, PIECES[random.random_range(0..PIECES.len())].iter().copied())),
            2 => drop(frame.splice(at..at, [0xff; 9])),
            3 => drop(frame.drain(at..frame.len().min(at + 3))),
            _ => frame.iter_mut().skip(at).take(1).for_each(|byte| *byte = random.random()),
        }
    }
}

/// What the client of a connection sends is a message or an error, and no message is much larger than its bytes.
#[test]
fn any_frame() {
    let mut random = random();
    let captured = captured();
    assert!(captured.len() > 45, "{}", captured.len());
    let (mut read, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let mut frame = captured[round % captured.len()].clone();
        mutate(&mut random, &mut frame);
        for encoding in ENCODINGS {
            let Ok((answer_in, message)) = decode_to_server(encoding, &frame) else {
                refused += 1;
                continue;
            };
            read += 1;
            assert_eq!(matches!(answer_in, Encoding::Bare(_)), matches!(encoding, Encoding::Bare(_)));
            let len = match &message {
                ToServer::ActionRequest { name, args, .. } => name.len() + args.len(),
                ToServer::SubscriptionRequest { event_name, .. } => event_name.len(),
            };
            // A float of three bytes may become one of nine.
            assert!(len <= 4 * frame.len() + 16, "{len} bytes of {frame:02x?}");
        }
    }
    assert!(read > ROUNDS / 10 && refused > ROUNDS / 10, "{read} read, {refused} refused");
}
