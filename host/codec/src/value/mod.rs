//! Values: what actors take and give, on the wire and inside the host.
//!
//! *Guest form* is how a value travels inside the host and into the sandbox: one plain CBOR value of definite
//! lengths. What CBOR leaves open is settled so that JavaScript's types survive an echo, byte for byte:
//!
//! | JavaScript | guest form |
//! |---|---|
//! | undefined, null | `f7`, `f6` |
//! | Number, integral, within ±(2^53-1) | the shortest integer |
//! | any other Number | a 64-bit float |
//! | BigInt that fits 64 bits | an integer of 8 bytes, however small it is |
//! | any other BigInt | tag 2 or 3 |
//! | Uint8Array, ArrayBuffer | a byte string without a tag |
//! | Date | tag 1, seconds since the epoch |
//! | Set | tag 258, an array |
//!
//! Other tags are carried as they are. A BigInt from 2^32 to 2^53-1 has an 8-byte integer as its shortest form, so
//! it comes back as a Number. From a guest any CBOR is taken, and empty bytes stand for undefined.
//!
//! On the wire there are compat arrays besides (client-protocol.md section 6): pairs such as `["$BigInt","1"]`. The
//! crate `rivetkit-client` knows none of them and has the values of `serde_json` only: it gets null for undefined, an
//! integer for a BigInt of 64 bits, an array for a Set, and text for a Date. What has no such form (bytes, larger
//! integers) is a compat array there too: sent back, it is what it was.

mod bigint;
mod cbor;
mod date;
mod guest;
mod head;
mod json;
mod parse;
mod revive;
mod target;
mod walk;

use bytes::Bytes;

use crate::client::{Client, Format};
use crate::encoding::{Encoding, Version};
use crate::error::CodecError;
use cbor::{CborOut, Form};
use guest::Guest;
use json::JsonOut;
use revive::Dialect;
use walk::{Origin, walk};

/// Guest form of the CBOR that a client gives as the input of an actor. The clients from 2.3 on write compat
/// arrays into it, the older ones do not.
pub fn decode_input(input: &[u8]) -> Result<Bytes, CodecError> {
    match from_cbor(input, Dialect::Compat) {
        Err(CodecError::UnknownTag(_) | CodecError::BrokenTag(_)) => from_cbor(input, Dialect::Native),
        decoded => decoded,
    }
    .map(Bytes::from)
}

/// JSON text, with compat arrays, of a value in guest form.
pub fn to_json(value: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::with_capacity(value.len() + 16);
    write_value(&mut out, Encoding::Json.into(), value)?;
    Ok(out)
}

/// Guest form of JSON text with compat arrays.
pub fn from_json(text: &[u8]) -> Result<Vec<u8>, CodecError> {
    let mut guest = Guest::new(Dialect::Compat, text.len() + 8);
    parse::parse(text, &mut guest)?;
    Ok(guest.into_bytes())
}

/// Guest form of the CBOR of a message in this encoding.
pub(crate) fn from_wire(encoding: Encoding, cbor: &[u8]) -> Result<Vec<u8>, CodecError> {
    match encoding {
        Encoding::Bare(Version::V4) => from_cbor(cbor, Dialect::Compat),
        _ => from_cbor(cbor, Dialect::Native),
    }
}

/// Writes a value in guest form the way values stand in messages of this format; in BARE, without the length in
/// front.
pub(crate) fn write_value(out: &mut Vec<u8>, format: Format, value: &[u8]) -> Result<(), CodecError> {
    // The empty answer of a guest is undefined.
    let value = if value.is_empty() { &[0xf7] } else { value };
    let form = match (format.encoding, format.client) {
        (Encoding::Json, client) => return walk(value, Origin::Guest, &mut JsonOut::new(out, client)),
        (_, Client::Rust) => Form::Plain,
        (Encoding::Cbor, Client::Current) => Form::Escaped,
        (Encoding::Bare(Version::V4), _) => Form::Compat,
        (Encoding::Cbor, Client::Before23) | (Encoding::Bare(_), _) => Form::Native,
    };
    walk(value, Origin::Guest, &mut CborOut::new(out, form))
}

fn from_cbor(cbor: &[u8], dialect: Dialect) -> Result<Vec<u8>, CodecError> {
    let mut guest = Guest::new(dialect, cbor.len() + 8);
    walk(cbor, Origin::Wire, &mut guest)?;
    Ok(guest.into_bytes())
}
