//! The values of SQLite.

use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bindings::component::rivet::actor::sql::Value;

/// A value of SQLite.
///
/// Much converts into it: numbers, texts, bytes, and an `Option` of those. A `u64` does not, because SQLite's integers have a
/// sign: write `n as i64` where that is enough.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// `NULL`.
    Null,
    /// An integer. Clients in JavaScript get a `BigInt` of one beyond 2^53.
    Integer(i64),
    /// A floating-point number. SQLite keeps NaN as `NULL`.
    Real(f64),
    /// A text.
    Text(String),
    /// Bytes. Clients in JavaScript get a `Uint8Array`.
    Blob(Vec<u8>),
}

macro_rules! from {
    ($case:ident: $($ty:ty),+) => {
        $(impl From<$ty> for SqlValue {
            fn from(value: $ty) -> Self {
                Self::$case(value.into())
            }
        })+
    };
}

from!(Integer: bool, i8, i16, i32, i64, u8, u16, u32);
from!(Real: f32, f64);
from!(Text: &str, String, &String);
from!(Blob: &[u8], Vec<u8>);

impl<const N: usize> From<&[u8; N]> for SqlValue {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for SqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

impl From<SqlValue> for Value {
    fn from(value: SqlValue) -> Self {
        match value {
            SqlValue::Null => Self::Null,
            SqlValue::Integer(integer) => Self::Integer(integer),
            SqlValue::Real(real) => Self::Real(real),
            SqlValue::Text(text) => Self::Text(text),
            SqlValue::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl From<Value> for SqlValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(integer) => Self::Integer(integer),
            Value::Real(real) => Self::Real(real),
            Value::Text(text) => Self::Text(text),
            Value::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

impl Serialize for SqlValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Real(real) => serializer.serialize_f64(*real),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Blob(bytes) => serializer.serialize_bytes(bytes),
        }
    }
}

impl<'de> Deserialize<'de> for SqlValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Binding)
    }
}

/// Takes what Rivet lets a caller bind (semantics.md of Rivet 2.3.19, section 9): no booleans, no lists but of bytes.
struct Binding;

impl<'de> Visitor<'de> for Binding {
    type Value = SqlValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a number, a text or bytes")
    }

    fn visit_unit<E>(self) -> Result<SqlValue, E> {
        Ok(SqlValue::Null)
    }

    fn visit_none<E>(self) -> Result<SqlValue, E> {
        Ok(SqlValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<SqlValue, D::Error> {
        SqlValue::deserialize(deserializer)
    }

    fn visit_i64<E>(self, integer: i64) -> Result<SqlValue, E> {
        Ok(SqlValue::Integer(integer))
    }

    fn visit_u64<E: de::Error>(self, integer: u64) -> Result<SqlValue, E> {
        let too_large = |_| E::custom(format_args!("{integer} is beyond the integers of SQLite"));
        i64::try_from(integer).map(SqlValue::Integer).map_err(too_large)
    }

    fn visit_f64<E>(self, real: f64) -> Result<SqlValue, E> {
        Ok(SqlValue::Real(real))
    }

    fn visit_str<E>(self, text: &str) -> Result<SqlValue, E> {
        Ok(SqlValue::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<SqlValue, E> {
        Ok(SqlValue::Blob(bytes.to_vec()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<SqlValue, E> {
        Ok(SqlValue::Blob(bytes))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut numbers: A) -> Result<SqlValue, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = numbers.next_element::<u8>()? {
            bytes.push(byte);
        }
        Ok(SqlValue::Blob(bytes))
    }
}
