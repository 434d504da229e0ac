//! Reads one CBOR value and writes it to a target.

use std::borrow::Cow;

use minicbor::Decoder;
use minicbor::data::Type;
use rivet_ground::limits;

use crate::error::CodecError;
use crate::value::bigint::BigInt;
use crate::value::target::{SAFE_INTEGER, Target};

/// Who wrote the CBOR; it decides what an integer of 8 bytes means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A client: cbor-x writes 8 bytes for a BigInt, and for nothing else.
    Wire,
    /// A guest: guest form, where 8 bytes mean a BigInt if fewer would do, or if a Number cannot hold it.
    Guest,
}

/// Writes the one value in `cbor` to the target.
pub(crate) fn walk<T: Target>(cbor: &[u8], origin: Origin, target: &mut T) -> Result<(), CodecError> {
    let mut walk = Walk { input: Decoder::new(cbor), origin, target };
    walk.value(limits::VALUE_DEPTH)?;
    match cbor.len() - walk.input.position() {
        0 => Ok(()),
        trailing => Err(CodecError::Trailing(trailing)),
    }
}

struct Walk<'b, 't, T> {
    input: Decoder<'b>,
    origin: Origin,
    target: &'t mut T,
}

impl<T: Target> Walk<'_, '_, T> {
    fn value(&mut self, depth: usize) -> Result<(), CodecError> {
        match self.input.datatype()? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.unsigned()?,
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => self.negative()?,
            Type::F16 | Type::F32 | Type::F64 => {
                let value = self.input.f64()?;
                self.target.number(value);
            }
            Type::Bool => {
                let value = self.input.bool()?;
                self.target.bool(value);
            }
            Type::Null => {
                self.input.null()?;
                self.target.null();
            }
            Type::Undefined => {
                self.input.undefined()?;
                self.target.undefined();
            }
            Type::Bytes | Type::BytesIndef => {
                let value = bytes(&mut self.input)?;
                self.target.bytes(&value);
            }
            Type::String | Type::StringIndef => {
                let value = text(&mut self.input)?;
                self.target.text(&value);
            }
            Type::Array | Type::ArrayIndef => self.array(deeper(depth)?, true)?,
            Type::Map | Type::MapIndef => self.map(deeper(depth)?)?,
            Type::Tag => self.tag(deeper(depth)?)?,
            Type::Simple => return Err(CodecError::Simple(self.input.simple()?)),
            other @ (Type::Break | Type::Unknown(_)) => {
                return Err(minicbor::decode::Error::type_mismatch(other).at(self.input.position()).into());
            }
        }
        Ok(())
    }

    fn unsigned(&mut self) -> Result<(), CodecError> {
        let start = self.input.position();
        let n = self.input.u64()?;
        match i64::try_from(n) {
            Ok(value) if n <= SAFE_INTEGER && !self.is_bigint(start, n) => self.target.integer(value),
            _ => self.target.bigint(&BigInt::small(false, n)),
        }
        Ok(())
    }

    fn negative(&mut self) -> Result<(), CodecError> {
        let start = self.input.position();
        let value = i128::from(self.input.int()?);
        // CBOR carries -1-n.
        let n = u64::try_from(-1 - value).unwrap_or(u64::MAX);
        match i64::try_from(value) {
            Ok(value) if n < SAFE_INTEGER && !self.is_bigint(start, n) => self.target.integer(value),
            _ => self.target.bigint(&BigInt::small(true, n)),
        }
        Ok(())
    }

    fn is_bigint(&self, start: usize, n: u64) -> bool {
        let wide = self.input.position() - start == 9;
        wide && (self.origin == Origin::Wire || n <= u64::from(u32::MAX))
    }

    fn array(&mut self, depth: usize, escapable: bool) -> Result<(), CodecError> {
        let len = self.input.array()?;
        let escape = escapable && self.target.escapes() && self.is_dollar_pair(len)?;
        let mut array = self.target.array_start(len);
        let mut index = 0;
        while self.more(len, index)? {
            self.target.element(&mut array, index)?;
            if escape && index == 0 {
                let text = text(&mut self.input)?;
                self.target.text(&format!("${text}"));
            } else {
                self.value(depth)?;
            }
            index += 1;
        }
        self.target.array_end(array, index)
    }

    /// Whether the array that was just opened is a pair whose first element is a text with a `$` in front.
    fn is_dollar_pair(&self, len: Option<u64>) -> Result<bool, CodecError> {
        if !matches!(len, Some(2) | None) {
            return Ok(false);
        }
        let mut ahead = self.input.clone();
        if !matches!(ahead.datatype()?, Type::String | Type::StringIndef) {
            return Ok(false);
        }
        if !text(&mut ahead)?.starts_with('$') {
            return Ok(false);
        }
        if len.is_some() {
            return Ok(true);
        }
        if ahead.datatype()? == Type::Break {
            return Ok(false);
        }
        ahead.skip()?;
        Ok(ahead.datatype()? == Type::Break)
    }

    fn map(&mut self, depth: usize) -> Result<(), CodecError> {
        let len = self.input.map()?;
        let start = self.target.map_start(len);
        let mut index = 0;
        while self.more(len, index)? {
            self.target.entry(index);
            if self.target.text_keys() {
                self.text_key()?
            } else {
                self.value(depth)?
            }
            self.target.colon();
            self.value(depth)?;
            index += 1;
        }
        self.target.map_end(start, index);
        Ok(())
    }

    fn text_key(&mut self) -> Result<(), CodecError> {
        match self.input.datatype()? {
            Type::String | Type::StringIndef => {
                let key = text(&mut self.input)?;
                self.target.text(&key);
            }
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                let key = self.input.int()?;
                self.target.text(&key.to_string());
            }
            _ => return Err(CodecError::Key),
        }
        Ok(())
    }

    /// Whether another element or entry follows. Takes the break of a container of indefinite length.
    fn more(&mut self, len: Option<u64>, done: u64) -> Result<bool, CodecError> {
        if let Some(len) = len {
            return Ok(done < len);
        }
        if self.input.datatype()? != Type::Break {
            return Ok(true);
        }
        self.input.set_position(self.input.position() + 1);
        Ok(false)
    }

    fn tag(&mut self, depth: usize) -> Result<(), CodecError> {
        let tag = self.input.tag()?.as_u64();
        match (tag, self.input.datatype()?) {
            (1, Type::F16 | Type::F32 | Type::F64) => {
                let seconds = self.input.f64()?;
                self.target.date(seconds);
            }
            (1, _) => {
                let seconds = i128::from(self.input.int()?);
                self.target.date(seconds as f64);
            }
            (2 | 3, Type::Bytes | Type::BytesIndef) => {
                let magnitude = bytes(&mut self.input)?;
                self.target.bigint(&BigInt::from_bytes(tag == 3, &magnitude)?);
            }
            // What cbor-x writes for a Uint8Array.
            (64, Type::Bytes | Type::BytesIndef) => self.value(depth)?,
            (258, Type::Array | Type::ArrayIndef) => {
                let escapable = self.target.set_start();
                self.array(depth, escapable)?;
                self.target.set_end();
            }
            _ => {
                self.target.tag(tag);
                self.value(depth)?;
            }
        }
        Ok(())
    }
}

/// One level down.
pub(crate) fn deeper(depth: usize) -> Result<usize, CodecError> {
    depth.checked_sub(1).ok_or(CodecError::TooDeep)
}

fn bytes<'b>(input: &mut Decoder<'b>) -> Result<Cow<'b, [u8]>, CodecError> {
    if input.datatype()? == Type::Bytes {
        return Ok(input.bytes()?.into());
    }
    let mut whole = Vec::new();
    for chunk in input.bytes_iter()? {
        whole.extend_from_slice(chunk?);
    }
    Ok(whole.into())
}

fn text<'b>(input: &mut Decoder<'b>) -> Result<Cow<'b, str>, CodecError> {
    if input.datatype()? == Type::String {
        return Ok(input.str()?.into());
    }
    let mut whole = String::new();
    for chunk in input.str_iter()? {
        whole.push_str(chunk?);
    }
    Ok(whole.into())
}
