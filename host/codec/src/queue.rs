//! Sending to a queue over HTTP (client-protocol.md section 5).

use bytes::Bytes;

use crate::bare::{Reader, put_str, put_version};
use crate::client::Format;
use crate::encoding::{Encoding, Version};
use crate::envelope::{MapIn, MapOut, put_optional_value};
use crate::error::CodecError;
use crate::value;

/// A message for a queue. The name in the body is ignored: the path has it.
#[derive(Debug, PartialEq, Eq)]
pub struct QueueSend {
    /// The message, in guest form.
    pub body: Bytes,
    /// Whether the sender waits until the message is completed.
    pub wait: bool,
    /// How long it waits, in milliseconds; none means as long as the actor allows.
    pub timeout_ms: Option<u64>,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum QueueStatus {
    /// It was enqueued or, if the sender waited, completed, perhaps with a response in guest form.
    Completed(Option<Bytes>),
    /// It was not completed in time.
    TimedOut,
}

/// Reads the body of a queue send.
pub fn decode_queue_send(encoding: Encoding, body: &[u8]) -> Result<QueueSend, CodecError> {
    if let Encoding::Json | Encoding::Cbor = encoding {
        let map = MapIn::read(encoding, body)?;
        return Ok(QueueSend {
            body: map.field("body")?.unwrap_or(Bytes::from_static(&[0xf7])),
            wait: map.bool("wait")?.unwrap_or(false),
            timeout_ms: map.u64("timeout")?,
        });
    }
    let (version, mut reader) = Reader::new(body)?;
    check(version)?;
    let body = value::from_wire(Encoding::Bare(version), reader.data()?)?;
    reader.optional(Reader::str)?;
    let wait = reader.optional(Reader::bool)?.unwrap_or(false);
    let timeout_ms = reader.optional(Reader::u64)?;
    reader.end()?;
    Ok(QueueSend { body: body.into(), wait, timeout_ms })
}

/// Writes the answer to a queue send.
pub fn encode_queue_status(format: impl Into<Format>, status: &QueueStatus) -> Result<Bytes, CodecError> {
    let format = format.into();
    let (name, response) = match status {
        QueueStatus::Completed(response) => ("completed", response.as_deref()),
        QueueStatus::TimedOut => ("timedOut", None),
    };
    let mut out = Vec::with_capacity(response.map_or(0, <[u8]>::len) + 48);
    match format.encoding {
        Encoding::Json | Encoding::Cbor => {
            let len = if response.is_some() { 2 } else { 1 };
            let mut map = MapOut::open(&mut out, format, len);
            map.text("status", name);
            if let Some(response) = response {
                map.value("response", response)?;
            }
            map.close();
        }
        Encoding::Bare(version) => {
            check(version)?;
            put_version(&mut out, version);
            put_str(&mut out, name);
            put_optional_value(&mut out, format, response)?;
        }
    }
    Ok(out.into())
}

fn check(version: Version) -> Result<(), CodecError> {
    if version < Version::V3 { Err(CodecError::Version(version.number())) } else { Ok(()) }
}
