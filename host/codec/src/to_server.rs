//! Messages from the client of a connection (client-protocol.md sections 7 and 8.3).

use bytes::Bytes;

use crate::bare::Reader;
use crate::encoding::Encoding;
use crate::envelope::{MapIn, arguments};
use crate::error::CodecError;
use crate::value;

/// A message from the client of a connection. Values are in guest form.
#[derive(Debug, PartialEq, Eq)]
pub enum ToServer {
    /// A call of an action.
    ActionRequest {
        /// The client's id of the call.
        id: u64,
        /// The action.
        name: String,
        /// Its arguments: one array.
        args: Bytes,
    },
    /// The client starts or stops to listen to an event.
    SubscriptionRequest {
        /// The event.
        event_name: String,
        /// Whether it starts.
        subscribe: bool,
    },
}

/// Reads a message. Returns the encoding to answer in besides: of BARE, the version that the client spoke.
pub fn decode_to_server(encoding: Encoding, message: &[u8]) -> Result<(Encoding, ToServer), CodecError> {
    match encoding {
        Encoding::Json | Encoding::Cbor => Ok((encoding, from_map(&MapIn::read(encoding, message)?)?)),
        Encoding::Bare(_) => {
            let (version, reader) = Reader::new(message)?;
            let encoding = Encoding::Bare(version);
            Ok((encoding, from_bare(encoding, reader)?))
        }
    }
}

fn from_map(envelope: &MapIn) -> Result<ToServer, CodecError> {
    let body = envelope.map("body")?;
    let val = body.map("val")?;
    match body.text("tag")?.as_str() {
        "ActionRequest" => Ok(ToServer::ActionRequest {
            id: val.u64("id")?.ok_or(CodecError::Field("id"))?,
            name: val.text("name")?,
            args: arguments(val.field("args")?),
        }),
        "SubscriptionRequest" => Ok(ToServer::SubscriptionRequest {
            event_name: val.text("eventName")?,
            subscribe: val.bool("subscribe")?.ok_or(CodecError::Field("subscribe"))?,
        }),
        _ => Err(CodecError::Field("tag")),
    }
}

fn from_bare(encoding: Encoding, mut reader: Reader<'_>) -> Result<ToServer, CodecError> {
    let message = match reader.uint()? {
        0 => ToServer::ActionRequest {
            id: reader.uint()?,
            name: reader.str()?.to_owned(),
            args: arguments(Some(value::from_wire(encoding, reader.data()?)?.into())),
        },
        1 => {
            ToServer::SubscriptionRequest { event_name: reader.str()?.to_owned(), subscribe: reader.bool()? }
        }
        _ => return Err(CodecError::Bare("its tag is unknown")),
    };
    reader.end()?;
    Ok(message)
}
