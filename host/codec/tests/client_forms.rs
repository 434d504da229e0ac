//! What each client reads of the values that not every client knows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod vectors;

use rivet_codec::{Client, Encoding, Format, Version, encode_error, encode_output};
use rivet_ground::ActorError;
use vectors::hex;

const BARE4: Encoding = Encoding::Bare(Version::V4);
const BARE3: Encoding = Encoding::Bare(Version::V3);

fn written(encoding: Encoding, client: Client, value: &str) -> Vec<u8> {
    let body = encode_output(Format { encoding, client }, &hex(value)).unwrap();
    match encoding {
        Encoding::Json => body.strip_prefix(b"{\"output\":").unwrap().strip_suffix(b"}").unwrap().to_vec(),
        Encoding::Cbor => body.strip_prefix(b"\xa1\x66output").unwrap().to_vec(),
        Encoding::Bare(_) => body[3..].to_vec(),
    }
}

/// The JSON that a client reads of a value in guest form.
fn check_json(client: Client, value: &str, json: &str) {
    let ours = String::from_utf8(written(Encoding::Json, client, value)).unwrap();
    assert_eq!(ours, json, "{client:?} {value}");
}

/// The CBOR that a client reads of a value in guest form.
fn check_cbor(client: Client, encodings: &[Encoding], value: &str, cbor: &str) {
    for encoding in encodings {
        assert_eq!(written(*encoding, client, value), hex(cbor), "{client:?} {encoding:?} {value}");
    }
}

#[test]
fn json_before_2_3_has_neither_undefined_nor_sets() {
    let check = |value: &str, json: &str| check_json(Client::Before23, value, json);
    check("", "null");
    check("f7", "null");
    check("a16161f7", r#"{"a":null}"#);
    check("1b0000000000000005", r#"["$BigInt","5"]"#);
    check("430102ff", r#"["$Uint8Array","AQL/"]"#);
    check("8262247801", r#"["$$x",1]"#);
    check("d90102820102", "[1,2]");
    // Without its tag the array of the elements is one like any other.
    check("d901028262247801", r#"["$$x",1]"#);
}

#[test]
fn cbor_before_2_3_is_native() {
    let check = |value: &str, cbor: &str| check_cbor(Client::Before23, &[Encoding::Cbor, BARE3], value, cbor);
    check("f7", "f7");
    check("8262247801", "8262247801");
    check("1b0000000000000005", "1b0000000000000005");
    check("d90102820102", "d90102820102");
    check("41ff", "d84041ff");
}

#[test]
fn the_crate_reads_plain_json() {
    let check = |value: &str, json: &str| check_json(Client::Rust, value, json);
    check("", "null");
    check("81f7", "[null]");
    check("1b0000000000000005", "5");
    check("3b7fffffffffffffff", "-9223372036854775808");
    check("1bffffffffffffffff", "18446744073709551615");
    check("3b8000000000000000", r#"["$BigInt","-9223372036854775809"]"#);
    check("c249010000000000000000", r#"["$BigInt","18446744073709551616"]"#);
    check("8262247801", r#"["$x",1]"#);
    check("d90102820102", "[1,2]");
    check("41ff", r#"["$Uint8Array","/w=="]"#);
    check("c11a6553f100", r#""2023-11-14T22:13:20.000Z""#);
}

#[test]
fn the_crate_reads_plain_cbor() {
    let check =
        |value: &str, cbor: &str| check_cbor(Client::Rust, &[Encoding::Cbor, BARE3, BARE4], value, cbor);
    check("", "f6");
    check("81f7", "81f6");
    check("1b0000000100000000", "1b0000000100000000");
    check("fb4014000000000000", "05");
    check("1b0000000000000005", "05");
    check("3b0000000000000005", "25");
    check("3b7fffffffffffffff", "3b7fffffffffffffff");
    check("1bffffffffffffffff", "1bffffffffffffffff");
    check("c249010000000000000000", "826724426967496e74743138343436373434303733373039353531363136");
    check("8262247801", "8262247801");
    check("d90102820102", "820102");
    check("a1012a", "a161312a");
    check("41ff", "826b2455696e74384172726179642f773d3d");
    check("c11a6553f100", "7818323032332d31312d31345432323a31333a32302e3030305a");
    check("c06161", "6161");
}

#[test]
fn errors_follow_the_client() {
    let error = ActorError::new("user", "c", "m").with_metadata(hex("1b0000000000000005"));
    for (client, metadata) in [
        (Client::Current, r#"["$BigInt","5"]"#),
        (Client::Before23, r#"["$BigInt","5"]"#),
        (Client::Rust, "5"),
    ] {
        let body = encode_error(Format { encoding: Encoding::Json, client }, &error, None).unwrap();
        let expected = format!(r#"{{"group":"user","code":"c","message":"m","metadata":{metadata}}}"#);
        assert_eq!(String::from_utf8(body.to_vec()).unwrap(), expected, "{client:?}");
    }
}
