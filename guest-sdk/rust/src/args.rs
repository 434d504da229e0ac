//! Arguments and outputs: between CBOR and the types of an action.

use serde::{Deserialize, Serialize};
use serde_cbor::Value;

use crate::cbor::{self, NULL};
use crate::{Error, Result};

/// The arguments of one call: CBOR values, not decoded yet.
pub struct Args {
    /// All of them, one after the other.
    bytes: Vec<u8>,
    /// Where each one ends in `bytes`.
    ends: Vec<usize>,
}

impl Args {
    /// Splits a CBOR array; no bytes are no arguments.
    ///
    /// Fails with `validation.invalid_arguments` when the bytes are something else.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self> {
        let mut bytes = Vec::with_capacity(payload.len());
        if payload.is_empty() {
            return Ok(Self { bytes, ends: vec![] });
        }
        let ends = cbor::split_array(payload, &mut bytes)
            .map_err(|cbor::Malformed| invalid("the arguments are not one CBOR array".to_owned()))?;
        Ok(Self { bytes, ends })
    }

    /// One argument. A missing one counts as null, so an `Option` may be left out.
    ///
    /// Fails with `validation.invalid_arguments` when it is of another type.
    // Not `DeserializeOwned`, for which the compiler does not suggest the derive.
    pub fn get<T: for<'de> Deserialize<'de>>(&self, index: usize, name: &str) -> Result<T> {
        let position = index + 1;
        match self.item(index) {
            Some(bytes) => serde_cbor::from_slice(bytes)
                .map_err(|error| invalid(format!("argument {position} (`{name}`): {error}"))),
            None => serde_cbor::from_slice(&[NULL])
                .map_err(|error| invalid(format!("argument {position} (`{name}`) is missing: {error}"))),
        }
    }

    /// All of them, as far as they are CBOR.
    pub fn values(&self) -> Vec<Value> {
        (0..self.ends.len()).map(|index| self.get(index, "").unwrap_or(Value::Null)).collect()
    }

    fn item(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.bytes.get(start..end)
    }
}

fn invalid(message: String) -> Error {
    Error::validation("invalid_arguments", message)
}

/// The input of a new actor; without one, null.
///
/// Fails with `validation.invalid_input` when it is of another type.
pub fn input<T: for<'de> Deserialize<'de>>(payload: &[u8]) -> Result<T> {
    let payload = if payload.is_empty() { &[NULL] } else { payload };
    let invalid =
        |text: String| Error::validation("invalid_input", format!("the input of the actor: {text}"));
    let bytes =
        cbor::normalize(payload).map_err(|cbor::Malformed| invalid("not one CBOR value".to_owned()))?;
    serde_cbor::from_slice(&bytes).map_err(|error| invalid(error.to_string()))
}

/// An output as the host takes it: CBOR, or nothing for the unit type, which the caller reads as `undefined`.
pub fn encode_output<T: Serialize>(output: &T) -> Result<Vec<u8>> {
    let bytes = crate::to_cbor(output)?;
    // Of the types that are written as null, only the unit type and its like have no size.
    if size_of::<T>() == 0 && bytes == [NULL] { Ok(vec![]) } else { Ok(bytes) }
}

/// An encoded output as a value; nothing is null.
pub fn output_value(output: &[u8]) -> Result<Value> {
    if output.is_empty() { Ok(Value::Null) } else { crate::from_cbor(output) }
}

/// A value in place of an encoded output; null in place of nothing stays nothing.
pub fn encode_value(value: &Value, replaced: &[u8]) -> Result<Vec<u8>> {
    if replaced.is_empty() && *value == Value::Null { Ok(vec![]) } else { crate::to_cbor(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args<T: Serialize>(value: T) -> Args {
        Args::parse(&serde_cbor::to_vec(&value).unwrap()).unwrap()
    }

    #[test]
    fn arguments_are_decoded_by_type() {
        let args = args((5_000_000_000_f64, "a", [1.5, 2.0]));
        assert_eq!(args.get::<i64>(0, "n").unwrap(), 5_000_000_000);
        assert_eq!(args.get::<f64>(0, "n").unwrap(), 5e9);
        assert_eq!(args.get::<String>(1, "s").unwrap(), "a");
        assert_eq!(args.get::<Vec<f64>>(2, "v").unwrap(), [1.5, 2.0]);
        assert_eq!(args.values().len(), 3);
    }

    #[test]
    fn a_missing_argument_is_null() {
        let none = Args::parse(&[]).unwrap();
        assert_eq!(none.get::<Option<i64>>(0, "amount").unwrap(), None);
        assert_eq!(none.get::<Value>(0, "any").unwrap(), Value::Null);
        let error = none.get::<i64>(1, "amount").unwrap_err();
        assert_eq!(
            error.to_string(),
            "validation.invalid_arguments: argument 2 (`amount`) is missing: invalid type: null, expected i64"
        );
    }

    #[test]
    fn an_argument_of_another_type_is_named() {
        let error = args(("x",)).get::<Option<i64>>(0, "amount").unwrap_err();
        assert_eq!(
            error.to_string(),
            "validation.invalid_arguments: argument 1 (`amount`): invalid type: string \"x\", expected i64"
        );
        assert_eq!(Args::parse(&[0x01]).err().unwrap().code(), "invalid_arguments");
    }

    #[test]
    fn only_the_unit_output_is_nothing() {
        assert!(encode_output(&()).unwrap().is_empty());
        assert_eq!(encode_output(&None::<i32>).unwrap(), [NULL]);
        assert_eq!(encode_output(&[0; 0]).unwrap(), [0x80]);
        assert!(encode_value(&output_value(&[]).unwrap(), &[]).unwrap().is_empty());
        assert_eq!(encode_value(&Value::Null, &[1]).unwrap(), [NULL]);
    }

    #[test]
    fn the_input_may_be_left_out() {
        assert_eq!(input::<Option<i64>>(&[]).unwrap(), None);
        assert_eq!(input::<Option<i64>>(&[7]).unwrap(), Some(7));
        assert_eq!(input::<i64>(&[]).unwrap_err().code(), "invalid_input");
    }
}
