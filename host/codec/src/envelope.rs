//! The maps that JSON and CBOR messages are.

use bytes::Bytes;
use minicbor::Decoder;
use minicbor::data::Type;

use crate::bare::{put_data, put_optional};
use crate::client::Format;
use crate::encoding::Encoding;
use crate::error::CodecError;
use crate::value::{self, write_value};

/// A map that came in, in guest form.
pub(crate) struct MapIn(Bytes);

impl MapIn {
    /// Reads a JSON or CBOR message.
    pub(crate) fn read(encoding: Encoding, message: &[u8]) -> Result<Self, CodecError> {
        let guest = match encoding {
            Encoding::Json => value::from_json(message)?,
            Encoding::Cbor | Encoding::Bare(_) => value::from_wire(encoding, message)?,
        };
        Ok(Self(guest.into()))
    }

    /// The field of this name, in guest form.
    pub(crate) fn field(&self, name: &'static str) -> Result<Option<Bytes>, CodecError> {
        let mut input = Decoder::new(&self.0);
        let len = input.map().map_err(|_| CodecError::Field(name))?.unwrap_or_default();
        let mut found = None;
        for _ in 0..len {
            let is_it = input.datatype()? == Type::String && input.probe().str()? == name;
            input.skip()?;
            let start = input.position();
            input.skip()?;
            if is_it {
                found = Some(self.0.slice(start..input.position()));
            }
        }
        Ok(found)
    }

    /// The field of this name, if it is neither missing nor null nor undefined.
    pub(crate) fn present(&self, name: &'static str) -> Result<Option<Bytes>, CodecError> {
        Ok(self.field(name)?.filter(|value| !is_nullish(value)))
    }

    pub(crate) fn map(&self, name: &'static str) -> Result<Self, CodecError> {
        self.field(name)?.map(Self).ok_or(CodecError::Field(name))
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<String, CodecError> {
        let value = self.field(name)?.ok_or(CodecError::Field(name))?;
        Ok(Decoder::new(&value).str().map_err(|_| CodecError::Field(name))?.to_owned())
    }

    pub(crate) fn bool(&self, name: &'static str) -> Result<Option<bool>, CodecError> {
        let value = self.present(name)?;
        value.map(|value| Decoder::new(&value).bool().map_err(|_| CodecError::Field(name))).transpose()
    }

    pub(crate) fn u64(&self, name: &'static str) -> Result<Option<u64>, CodecError> {
        let value = self.present(name)?;
        value.map(|value| Decoder::new(&value).u64().map_err(|_| CodecError::Field(name))).transpose()
    }
}

/// Whether a value in guest form is null or undefined.
fn is_nullish(value: &[u8]) -> bool {
    matches!(value, [0xf6 | 0xf7])
}

/// The arguments of a call, in guest form: an array stays as it is, nothing is an empty one, and any other value
/// is the only argument (client-protocol.md section 5).
pub(crate) fn arguments(value: Option<Bytes>) -> Bytes {
    match value {
        Some(value) if value.first().is_some_and(|head| head >> 5 == 4) => value,
        Some(value) if !is_nullish(&value) => [&[0x81], value.as_ref()].concat().into(),
        _ => Bytes::from_static(&[0x80]),
    }
}

/// A message that goes out: a map of JSON or CBOR.
pub(crate) struct MapOut<'a> {
    out: &'a mut Vec<u8>,
    format: Format,
    json: bool,
    empty: bool,
}

impl<'a> MapOut<'a> {
    /// Opens a map of this many fields, at most 23.
    pub(crate) fn open(out: &'a mut Vec<u8>, format: Format, len: u8) -> Self {
        let json = format.encoding == Encoding::Json;
        out.push(if json { b'{' } else { 0xa0 | len });
        Self { out, format, json, empty: true }
    }

    fn key(&mut self, name: &str) {
        if self.json && !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.put_text(name);
        if self.json {
            self.out.push(b':');
        }
    }

    fn put_text(&mut self, text: &str) {
        // Writing to memory cannot fail.
        if self.json {
            serde_json::to_writer(&mut *self.out, text).ok();
        } else {
            minicbor::Encoder::new(&mut *self.out).str(text).ok();
        }
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        self.put_text(text);
    }

    /// A Number.
    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.key(name);
        if self.json {
            self.out.extend_from_slice(number.to_string().as_bytes());
        } else {
            minicbor::Encoder::new(&mut *self.out).u64(number).ok();
        }
    }

    /// A BigInt, or null: clients refuse ids of any other type (client-protocol.md section 8.3).
    pub(crate) fn id(&mut self, name: &str, id: Option<u64>) {
        self.key(name);
        match (id, self.json) {
            (Some(id), true) => self.out.extend_from_slice(format!("[\"$BigInt\",\"{id}\"]").as_bytes()),
            (Some(id), false) => {
                self.out.push(0x1b);
                self.out.extend_from_slice(&id.to_be_bytes());
            }
            (None, true) => self.out.extend_from_slice(b"null"),
            (None, false) => self.out.push(0xf6),
        }
    }

    /// The generation of an actor in a connection's message: in JSON a Number, in CBOR a BigInt, as Rivet has it.
    pub(crate) fn generation(&mut self, name: &str, generation: u64) {
        if self.json { self.number(name, generation) } else { self.id(name, Some(generation)) }
    }

    /// A value in guest form.
    pub(crate) fn value(&mut self, name: &str, value: &[u8]) -> Result<(), CodecError> {
        self.key(name);
        write_value(self.out, self.format, value)
    }

    /// Opens a map of this many fields as a field.
    pub(crate) fn map(&mut self, name: &str, len: u8) -> MapOut<'_> {
        self.key(name);
        MapOut::open(self.out, self.format, len)
    }

    pub(crate) fn close(self) {
        if self.json {
            self.out.push(b'}');
        }
    }
}

/// Writes a BARE `data` field of a value in guest form.
pub(crate) fn put_value(out: &mut Vec<u8>, format: Format, value: &[u8]) -> Result<(), CodecError> {
    put_data(out, |out| write_value(out, format, value))
}

/// Writes a BARE `optional<data>` field of a value in guest form.
pub(crate) fn put_optional_value(
    out: &mut Vec<u8>,
    format: Format,
    value: Option<&[u8]>,
) -> Result<(), CodecError> {
    let mut written = Ok(());
    put_optional(out, value, |out, value| written = put_value(out, format, value));
    written
}
