//! Turns a compat array back into what it stands for.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use minicbor::Decoder;
use minicbor::data::Type;

use crate::error::CodecError;
use crate::value::bigint::BigInt;
use crate::value::head::put;

/// How the sender writes arrays that look like compat arrays.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// It escapes them with one more `$`, so an unknown tag is an error.
    Compat,
    /// It does not escape them: only what is surely a compat array is taken as one.
    Native,
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a compat array stands for.
enum Revival {
    /// Another value.
    Value(Vec<u8>),
    /// The Set of the elements of the second element.
    Set,
    /// The same array with another first element.
    Unescaped(Vec<u8>),
}

/// Looks at the value that `out` ends with, from `start` on, and replaces it if it is a compat array.
pub(crate) fn revive(out: &mut Vec<u8>, start: usize, dialect: Dialect) -> Result<(), CodecError> {
    let mut pair = Decoder::new(out.get(start..).unwrap_or_default());
    if pair.datatype()? != Type::Array || pair.array()? != Some(2) || pair.datatype()? != Type::String {
        return Ok(());
    }
    let tag = pair.str()?;
    let Some(rest) = tag.strip_prefix('$') else { return Ok(()) };
    let second = start + pair.position();
    let revival = match (revival(rest, &mut pair, dialect)?, dialect) {
        (Some(revival), _) => revival,
        (None, Dialect::Native) => return Ok(()),
        (None, Dialect::Compat) => return Err(CodecError::BrokenTag(tag.to_owned())),
    };
    match revival {
        Revival::Value(bytes) => {
            out.truncate(start);
            out.extend_from_slice(&bytes);
        }
        Revival::Set => {
            out.splice(start..second, [0xd9, 0x01, 0x02]);
        }
        Revival::Unescaped(text) => {
            out.splice(start + 1..second, text);
        }
    }
    Ok(())
}

/// What a pair with the tag `$` + `rest` stands for, given its second element; none if that one does not fit.
fn revival(rest: &str, second: &mut Decoder<'_>, dialect: Dialect) -> Result<Option<Revival>, CodecError> {
    Ok(match (rest, second.datatype()?) {
        ("Undefined", _) => Some(Revival::Value(vec![0xf7])),
        ("BigInt", Type::String) => BigInt::parse(second.str()?)?.map(|number| {
            let mut bytes = Vec::with_capacity(9);
            number.write(&mut bytes);
            Revival::Value(bytes)
        }),
        ("Uint8Array" | "ArrayBuffer", Type::String) => BASE64.decode(second.str()?).ok().map(|content| {
            let mut bytes = Vec::with_capacity(content.len() + 5);
            put(&mut bytes, |e| e.bytes(&content)?.ok());
            Revival::Value(bytes)
        }),
        ("Set", Type::Array) => Some(Revival::Set),
        ("BigInt" | "Uint8Array" | "ArrayBuffer" | "Set", _) => None,
        _ if dialect == Dialect::Native => None,
        _ if rest.starts_with('$') => {
            let mut text = Vec::with_capacity(rest.len() + 5);
            put(&mut text, |e| e.str(rest)?.ok());
            Some(Revival::Unescaped(text))
        }
        _ => return Err(CodecError::UnknownTag(format!("${rest}"))),
    })
}
