//! Writes guest form.

use minicbor::data::Tag;

use crate::error::CodecError;
use crate::value::bigint::BigInt;
use crate::value::head::{Kind, close, open, put};
use crate::value::revive::{Dialect, revive};
use crate::value::target::Target;

/// A value that is being written in guest form.
pub(crate) struct Guest {
    out: Vec<u8>,
    dialect: Dialect,
    /// The next array holds the elements of a Set, and is no pair itself.
    next_is_plain: bool,
}

/// An array that is being written.
pub(crate) struct Array {
    start: usize,
    second: usize,
    sized: bool,
    plain: bool,
    /// The first element is `$Set`.
    set: bool,
}

impl Guest {
    pub(crate) fn new(dialect: Dialect, capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), dialect, next_is_plain: false }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.out
    }
}

impl Target for Guest {
    type Array = Array;

    fn text_keys(&self) -> bool {
        false
    }

    fn escapes(&self) -> bool {
        false
    }

    fn undefined(&mut self) {
        self.out.push(0xf7);
    }

    fn null(&mut self) {
        self.out.push(0xf6);
    }

    fn bool(&mut self, value: bool) {
        put(&mut self.out, |e| e.bool(value)?.ok());
    }

    fn integer(&mut self, value: i64) {
        put(&mut self.out, |e| e.i64(value)?.ok());
    }

    fn float(&mut self, value: f64) {
        put(&mut self.out, |e| e.f64(value)?.ok());
    }

    fn bigint(&mut self, value: &BigInt<'_>) {
        value.write(&mut self.out);
    }

    fn bytes(&mut self, value: &[u8]) {
        put(&mut self.out, |e| e.bytes(value)?.ok());
    }

    fn text(&mut self, value: &str) {
        put(&mut self.out, |e| e.str(value)?.ok());
    }

    fn date(&mut self, seconds: f64) {
        self.tag(1);
        self.number(seconds);
    }

    fn array_start(&mut self, len: Option<u64>) -> Array {
        let plain = std::mem::take(&mut self.next_is_plain);
        let start = open(&mut self.out, Kind::Array, len);
        Array { start, second: start, sized: len.is_some(), plain, set: false }
    }

    fn element(&mut self, array: &mut Array, index: u64) -> Result<(), CodecError> {
        self.next_is_plain = false;
        if index == 1 {
            array.second = self.out.len();
            array.set =
                !array.plain && self.out.get(array.start + 1..).is_some_and(|first| first == b"\x64$Set");
            self.next_is_plain = array.set;
        } else if index == 2 && array.set {
            // More than a pair after all: so the array at its second place was not a Set's elements.
            revive(&mut self.out, array.second, self.dialect)?;
        }
        Ok(())
    }

    fn array_end(&mut self, array: Array, len: u64) -> Result<(), CodecError> {
        self.next_is_plain = false;
        if !array.sized {
            close(&mut self.out, Kind::Array, array.start, len);
        }
        if len == 2 && !array.plain { revive(&mut self.out, array.start, self.dialect) } else { Ok(()) }
    }

    fn map_start(&mut self, len: Option<u64>) -> Option<usize> {
        self.next_is_plain = false;
        let start = open(&mut self.out, Kind::Map, len);
        len.is_none().then_some(start)
    }

    fn entry(&mut self, _index: u64) {}

    fn colon(&mut self) {}

    fn map_end(&mut self, unsized_start: Option<usize>, len: u64) {
        if let Some(start) = unsized_start {
            close(&mut self.out, Kind::Map, start, len);
        }
    }

    fn set_start(&mut self) -> bool {
        self.tag(258);
        self.next_is_plain = true;
        false
    }

    fn set_end(&mut self) {}

    fn tag(&mut self, tag: u64) {
        self.next_is_plain = false;
        put(&mut self.out, |e| e.tag(Tag::new(tag))?.ok());
    }
}
