//! Writes values the way CBOR carries them on the wire.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minicbor::data::Tag;

use crate::error::CodecError;
use crate::value::bigint::BigInt;
use crate::value::date::iso;
use crate::value::head::{Kind, close, open, put};
use crate::value::target::Target;

/// How a client wants the values of JavaScript that plain CBOR clients write their own way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As compat arrays.
    Compat,
    /// As cbor-x writes them, but pairs that look like compat arrays are escaped.
    Escaped,
    /// As cbor-x writes them.
    Native,
    /// Without tags, and only what JSON has too.
    Plain,
}

/// A value that is being written.
pub(crate) struct CborOut<'a> {
    out: &'a mut Vec<u8>,
    form: Form,
    /// How many native Sets we are in: the client does not unescape in there.
    native_sets: usize,
}

/// What cbor-x takes for a Number when it reads an integer.
const NUMBERS: std::ops::RangeInclusive<i64> = -(1 << 32)..=u32::MAX as i64;

impl<'a> CborOut<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, form: Form) -> Self {
        Self { out, form, native_sets: 0 }
    }

    fn pair(&mut self, tag: &str, text: &str) {
        put(self.out, |e| e.array(2)?.str(tag)?.str(text)?.ok());
    }
}

impl Target for CborOut<'_> {
    /// Where an array of unknown length starts.
    type Array = Option<usize>;

    fn text_keys(&self) -> bool {
        self.form == Form::Plain
    }

    fn escapes(&self) -> bool {
        match self.form {
            Form::Compat => true,
            Form::Escaped => self.native_sets == 0,
            Form::Native | Form::Plain => false,
        }
    }

    fn undefined(&mut self) {
        match self.form {
            Form::Compat => put(self.out, |e| e.array(2)?.str("$Undefined")?.u8(0)?.ok()),
            Form::Escaped | Form::Native => self.out.push(0xf7),
            Form::Plain => self.null(),
        }
    }

    fn null(&mut self) {
        self.out.push(0xf6);
    }

    fn bool(&mut self, value: bool) {
        put(self.out, |e| e.bool(value)?.ok());
    }

    fn integer(&mut self, value: i64) {
        // An integer of 8 bytes would arrive as a BigInt.
        if NUMBERS.contains(&value) || self.form == Form::Plain {
            put(self.out, |e| e.i64(value)?.ok());
        } else {
            self.float(value as f64);
        }
    }

    fn float(&mut self, value: f64) {
        put(self.out, |e| e.f64(value)?.ok());
    }

    fn bigint(&mut self, value: &BigInt<'_>) {
        match (self.form, value.as_64_bits()) {
            (Form::Escaped | Form::Native, _) => value.write(self.out),
            (Form::Plain, Some(value)) => match u64::try_from(value) {
                Ok(value) => put(self.out, |e| e.u64(value)?.ok()),
                // What is no u64 there is an i64.
                Err(_) => put(self.out, |e| e.i64(value as i64)?.ok()),
            },
            (Form::Compat | Form::Plain, _) => self.pair("$BigInt", &value.decimal()),
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        match self.form {
            Form::Compat | Form::Plain => self.pair("$Uint8Array", &STANDARD.encode(value)),
            // Without tag 64, cbor-x makes a Buffer of it, at least in Node.js.
            Form::Escaped | Form::Native => put(self.out, |e| e.tag(Tag::new(64))?.bytes(value)?.ok()),
        }
    }

    fn text(&mut self, value: &str) {
        put(self.out, |e| e.str(value)?.ok());
    }

    fn date(&mut self, seconds: f64) {
        if self.form == Form::Plain {
            return match iso(seconds) {
                Some(text) => self.text(&text),
                None => self.null(),
            };
        }
        self.tag(1);
        self.number(seconds);
    }

    fn array_start(&mut self, len: Option<u64>) -> Option<usize> {
        let start = open(self.out, Kind::Array, len);
        len.is_none().then_some(start)
    }

    fn element(&mut self, _array: &mut Option<usize>, _index: u64) -> Result<(), CodecError> {
        Ok(())
    }

    fn array_end(&mut self, array: Option<usize>, len: u64) -> Result<(), CodecError> {
        if let Some(start) = array {
            close(self.out, Kind::Array, start, len);
        }
        Ok(())
    }

    fn map_start(&mut self, len: Option<u64>) -> Option<usize> {
        let start = open(self.out, Kind::Map, len);
        len.is_none().then_some(start)
    }

    fn entry(&mut self, _index: u64) {}

    fn colon(&mut self) {}

    fn map_end(&mut self, unsized_start: Option<usize>, len: u64) {
        if let Some(start) = unsized_start {
            close(self.out, Kind::Map, start, len);
        }
    }

    fn set_start(&mut self) -> bool {
        match self.form {
            Form::Compat => put(self.out, |e| e.array(2)?.str("$Set")?.ok()),
            Form::Escaped | Form::Native => {
                self.tag(258);
                self.native_sets += 1;
            }
            Form::Plain => {}
        }
        false
    }

    fn set_end(&mut self) {
        self.native_sets = self.native_sets.saturating_sub(1);
    }

    fn tag(&mut self, tag: u64) {
        if self.form != Form::Plain {
            put(self.out, |e| e.tag(Tag::new(tag))?.ok());
        }
    }
}
