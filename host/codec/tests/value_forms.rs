//! Every kind of value, in every encoding: what the guest gets, and what comes back from an echo.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod vectors;

use rivet_codec::{Encoding, Version, decode_action, encode_output};
use vectors::hex;

const BARE4: Encoding = Encoding::Bare(Version::V4);
const BARE3: Encoding = Encoding::Bare(Version::V3);

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The guest form, in hex, of a value that arrives as the only argument.
fn guest(encoding: Encoding, value: &[u8]) -> Result<String, String> {
    let body = match encoding {
        Encoding::Json => [b"{\"args\":[", value, b"]}"].concat(),
        Encoding::Cbor => [b"\xa1\x64args\x81", value].concat(),
        Encoding::Bare(version) => {
            let len = u8::try_from(value.len() + 1).unwrap();
            assert!(len < 0x80);
            [&version.number().to_le_bytes(), &[len, 0x81], value].concat()
        }
    };
    let args = decode_action(encoding, &body).map_err(|e| e.to_string())?;
    assert_eq!(args[0], 0x81);
    Ok(to_hex(&args[1..]))
}

/// A value of the guest, in hex, as a client reads it.
fn wire(encoding: Encoding, value: &str) -> Vec<u8> {
    let body = encode_output(encoding, &hex(value)).unwrap();
    match encoding {
        Encoding::Json => body.strip_prefix(b"{\"output\":").unwrap().strip_suffix(b"}").unwrap().to_vec(),
        Encoding::Cbor => body.strip_prefix(b"\xa1\x66output").unwrap().to_vec(),
        Encoding::Bare(_) => body[3..].to_vec(),
    }
}

/// One value: as JSON, as compat CBOR (bare v4), as native CBOR (cbor, bare v3), and in guest form. Each is read into
/// the guest form and is written from it.
fn check(json: &str, compat: &str, native: &str, in_guest: &str) {
    for (encoding, value) in [(Encoding::Cbor, native), (BARE3, native), (BARE4, compat)] {
        assert_eq!(guest(encoding, &hex(value)).unwrap(), in_guest, "{encoding:?} {json}");
        assert_eq!(to_hex(&wire(encoding, in_guest)), value, "{encoding:?} {json}");
    }
    assert_eq!(guest(Encoding::Json, json.as_bytes()).unwrap(), in_guest, "{json}");
    assert_eq!(String::from_utf8(wire(Encoding::Json, in_guest)).unwrap(), json);
}

#[test]
fn an_echo_keeps_every_kind_of_value() {
    check("null", "f6", "f6", "f6");
    check(r#"["$Undefined",0]"#, "826a24556e646566696e656400", "f7", "f7");
    check("true", "f5", "f5", "f5");
    check("\"h\u{e9}\"", "6368c3a9", "6368c3a9", "6368c3a9");
    check("7", "07", "07", "07");
    check("-7", "26", "26", "26");
    check("1.5", "fb3ff8000000000000", "fb3ff8000000000000", "fb3ff8000000000000");
    check("4294967295", "1affffffff", "1affffffff", "1affffffff");
    check("-4294967296", "3affffffff", "3affffffff", "3affffffff");
    // Past 32 bits an integer of 8 bytes would arrive as a BigInt.
    check("4294967296", "fb41f0000000000000", "fb41f0000000000000", "1b0000000100000000");
    check("9007199254740991", "fb433fffffffffffff", "fb433fffffffffffff", "1b001fffffffffffff");
    check("-9007199254740991", "fbc33fffffffffffff", "fbc33fffffffffffff", "3b001ffffffffffffe");
    check("1e+16", "fb4341c37937e08000", "fb4341c37937e08000", "fb4341c37937e08000");
    check(r#"["$BigInt","5"]"#, "826724426967496e746135", "1b0000000000000005", "1b0000000000000005");
    check(
        r#"["$BigInt","9007199254740993"]"#,
        "826724426967496e747039303037313939323534373430393933",
        "1b0020000000000001",
        "1b0020000000000001",
    );
    check(
        r#"["$BigInt","18446744073709551616"]"#,
        "826724426967496e74743138343436373434303733373039353531363136",
        "c249010000000000000000",
        "c249010000000000000000",
    );
    check(r#"["$Uint8Array","AQL/"]"#, "826b2455696e743841727261796441514c2f", "d840430102ff", "430102ff");
    check(
        r#"["$Set",[1,["$BigInt","2"]]]"#,
        "8264245365748201826724426967496e746132",
        "d9010282011b0000000000000002",
        "d9010282011b0000000000000002",
    );
    // The elements of a Set are no pair, whatever they are.
    check(
        r#"["$Set",["$x",1]]"#,
        "82642453657482622478 01".replace(' ', "").as_str(),
        "d9010282622478 01".replace(' ', "").as_str(),
        "d901028262247801",
    );
    check(r#"{"a":[],"b":{}}"#, "a26161806162a0", "a26161806162a0", "a26161806162a0");
}

#[test]
fn pairs_that_look_like_compat_arrays_are_escaped_where_the_client_unescapes() {
    let plain = "8262247801";
    let escaped = "836324247801".replacen("83", "82", 1);
    assert_eq!(guest(Encoding::Json, br#"["$$x",1]"#).unwrap(), plain);
    assert_eq!(guest(BARE4, &hex(&escaped)).unwrap(), plain);
    assert_eq!(guest(Encoding::Cbor, &hex(plain)).unwrap(), plain);
    assert_eq!(guest(BARE3, &hex(plain)).unwrap(), plain);
    assert_eq!(wire(Encoding::Json, plain), br#"["$$x",1]"#);
    assert_eq!(to_hex(&wire(BARE4, plain)), escaped);
    assert_eq!(to_hex(&wire(Encoding::Cbor, plain)), escaped);
    assert_eq!(to_hex(&wire(BARE3, plain)), plain);
    // Of indefinite length it is a pair all the same, and three elements never are one.
    assert_eq!(to_hex(&wire(BARE4, "9f62247801ff")), escaped);
    assert_eq!(to_hex(&wire(BARE4, "9f6224780102ff")), "836224780102");
    assert_eq!(
        guest(Encoding::Json, br#"["$Set",["$BigInt","1"],2]"#).unwrap(),
        "836424536574 1b000000000000000102".replace(' ', "")
    );
}

#[test]
fn compat_arrays_are_read_in_native_encodings_too() {
    for encoding in [Encoding::Cbor, BARE3] {
        assert_eq!(guest(encoding, &hex("826a24556e646566696e656400")).unwrap(), "f7");
        assert_eq!(guest(encoding, &hex("826724426967496e746135")).unwrap(), "1b0000000000000005");
        // What is surely none stays an array.
        assert_eq!(guest(encoding, &hex("826724426967496e7405")).unwrap(), "826724426967496e7405");
    }
    assert_eq!(guest(BARE4, &hex("f7")).unwrap(), "f7");
    assert_eq!(guest(BARE4, &hex("1b0000000000000005")).unwrap(), "1b0000000000000005");
}

#[test]
fn other_forms_of_the_same_value() {
    for encoding in [Encoding::Cbor, BARE3, BARE4] {
        let check = |value: &str, in_guest: &str| assert_eq!(guest(encoding, &hex(value)).unwrap(), in_guest);
        check("fb4014000000000000", "05");
        check("f94500", "05");
        check("fa40a00000", "05");
        check("1900ff", "18ff");
        check("fb8000000000000000", "fb8000000000000000");
        check("9f0102ff", "820102");
        check("bf616101ff", "a1616101");
        check("7f61616162ff", "626162");
        check("5f41014102ff", "420102");
        check("b9000161610a", "a161610a");
        check("430102ff", "430102ff");
        check("d8404101", "4101");
        check("c24105", "1b0000000000000005");
        check("c34100", "3b0000000000000000");
        check("c11a6553f100", "c11a6553f100");
        check("c1fb41d6547c40000000", "c11a5951f100");
        check("d855440000803f", "d855440000803f");
    }
    assert_eq!(guest(Encoding::Json, br#"["$ArrayBuffer","AQL/"]"#).unwrap(), "430102ff");
    assert_eq!(guest(Encoding::Json, b"1e3").unwrap(), "1903e8");
}

#[test]
fn what_only_a_guest_writes() {
    assert_eq!(wire(Encoding::Json, ""), br#"["$Undefined",0]"#);
    assert_eq!(wire(Encoding::Json, "fb7ff8000000000000"), b"null");
    assert_eq!(wire(Encoding::Json, "fb7ff0000000000000"), b"null");
    assert_eq!(wire(Encoding::Json, "c11a6553f100"), br#""2023-11-14T22:13:20.000Z""#);
    assert_eq!(wire(Encoding::Json, "c06161"), br#""a""#);
    assert_eq!(wire(Encoding::Json, "a2012002f6"), br#"{"1":-1,"2":null}"#);
    assert_eq!(wire(Encoding::Json, "1bffffffffffffffff"), br#"["$BigInt","18446744073709551615"]"#);
    assert_eq!(to_hex(&wire(BARE4, "fb4014000000000000")), "05");
}

#[test]
fn broken_values_are_refused() {
    for (encoding, value) in [
        (Encoding::Json, &br#"["$x",1]"#[..]),
        (Encoding::Json, br#"["$BigInt","x"]"#),
        (Encoding::Json, br#"["$Uint8Array","*"]"#),
        (Encoding::Json, b"1]},"),
        (BARE4, &hex("8262247801")),
        (BARE4, &hex("826724426967496e7405")),
        (BARE4, &hex("ff")),
        (BARE4, &hex("f8ff")),
        (BARE4, &hex("1c")),
        (BARE4, &hex("9bffffffffffffffff")),
        (BARE4, &hex("5bffffffffffffffff00")),
        (BARE4, &hex("61ff")),
        (BARE4, &hex("0101")),
        (Encoding::Cbor, &hex("")),
    ] {
        assert!(guest(encoding, value).is_err(), "{encoding:?} {}", to_hex(value));
    }
    for value in ["ff", "82", "0101", "a1", "61ff", "e0", "c161", "5f61"] {
        for encoding in [Encoding::Json, Encoding::Cbor, BARE3, BARE4] {
            assert!(encode_output(encoding, &hex(value)).is_err(), "{encoding:?} {value}");
        }
    }
    assert!(encode_output(Encoding::Json, &hex("a1f401")).is_err(), "a key that is no text");
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| [vec![0x81; depth], vec![0]].concat();
    assert!(encode_output(BARE4, &nested(128)).is_ok());
    assert!(encode_output(BARE4, &nested(129)).unwrap_err().to_string().contains("deeper than 128"));
    assert!(encode_output(Encoding::Json, &nested(100_000)).is_err());
    assert!(encode_output(Encoding::Json, &[vec![0xc6; 100_000], vec![0]].concat()).is_err());
    let json = format!("{{\"args\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    assert!(decode_action(Encoding::Json, json.as_bytes()).is_err());
}
