//! Reads JSON and writes it to guest form as it goes, without a tree in between.

use std::fmt;

use rivet_ground::limits;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::error::CodecError;
use crate::value::guest::Guest;
use crate::value::target::{SAFE_INTEGER, Target};
use crate::value::walk::deeper;

/// Writes the one value in `text`.
pub(crate) fn parse(text: &[u8], guest: &mut Guest) -> Result<(), CodecError> {
    let mut json = serde_json::Deserializer::from_slice(text);
    Value { guest, depth: limits::VALUE_DEPTH }.deserialize(&mut json)?;
    json.end()?;
    Ok(())
}

struct Value<'a> {
    guest: &'a mut Guest,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.guest.null();
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.guest.bool(value);
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(integer) if value <= SAFE_INTEGER => self.guest.integer(integer),
            _ => self.guest.float(value as f64),
        }
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        if value.unsigned_abs() <= SAFE_INTEGER {
            self.guest.integer(value);
        } else {
            self.guest.float(value as f64);
        }
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.guest.number(value);
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.guest.text(value);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut json: A) -> Result<(), A::Error> {
        let Self { guest, depth } = self;
        let depth = deeper(depth).map_err(A::Error::custom)?;
        let mut array = guest.array_start(None);
        let mut index = 0;
        while json.next_element_seed(Element { guest, depth, array: &mut array, index })?.is_some() {
            index += 1;
        }
        guest.array_end(array, index).map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut json: A) -> Result<(), A::Error> {
        let Self { guest, depth } = self;
        let depth = deeper(depth).map_err(A::Error::custom)?;
        let start = guest.map_start(None);
        let mut index = 0;
        while json.next_key_seed(Value { guest, depth })?.is_some() {
            json.next_value_seed(Value { guest, depth })?;
            index += 1;
        }
        guest.map_end(start, index);
        Ok(())
    }
}

/// An element of an array: the array is told before it is written.
struct Element<'a> {
    guest: &'a mut Guest,
    depth: usize,
    array: &'a mut <Guest as Target>::Array,
    index: u64,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        self.guest.element(self.array, self.index).map_err(D::Error::custom)?;
        Value { guest: self.guest, depth: self.depth }.deserialize(json)
    }
}
