//! Messages to the client of a connection (client-protocol.md sections 7 and 8.3).

use bytes::Bytes;
use rivet_ground::ActorError;

use crate::bare::{put_optional, put_str, put_uint, put_version};
use crate::client::Format;
use crate::encoding::{Encoding, Version};
use crate::envelope::{MapOut, put_value};
use crate::error::CodecError;
use crate::failure::{self, ActorSpecifier};

/// A message to the client of a connection. Values are in guest form.
#[derive(Clone, Copy, Debug)]
pub enum ToClient<'a> {
    /// The connection is open.
    Init {
        /// The actor's id.
        actor_id: &'a str,
        /// The connection's id.
        connection_id: &'a str,
    },
    /// An action, a subscription or the connection failed. Clients do not know the actor before the connection is
    /// open, so then there is none.
    Error {
        /// What went wrong.
        error: &'a ActorError,
        /// The action that failed, if it was one.
        action_id: Option<u64>,
        /// The actor.
        actor: Option<ActorSpecifier<'a>>,
    },
    /// An action returned.
    ActionResponse {
        /// The id that the client gave the call.
        id: u64,
        /// What the action returned.
        output: &'a [u8],
    },
    /// An event that the client subscribed to.
    Event {
        /// The event's name.
        name: &'a str,
        /// Its arguments: one array.
        args: &'a [u8],
    },
}

/// Writes a message.
pub fn encode_to_client(format: impl Into<Format>, message: &ToClient<'_>) -> Result<Bytes, CodecError> {
    let mut out = Vec::with_capacity(128);
    put_to_client(&mut out, format, message)?;
    Ok(out.into())
}

/// Writes a message behind what is there already, such as the head of a frame. After an error half of it may be there.
pub fn put_to_client(
    out: &mut Vec<u8>,
    format: impl Into<Format>,
    message: &ToClient<'_>,
) -> Result<(), CodecError> {
    let format = format.into();
    match format.encoding {
        Encoding::Json | Encoding::Cbor => {
            let mut envelope = MapOut::open(out, format, 1);
            let mut body = envelope.map("body", 2);
            put_body(&mut body, message)?;
            body.close();
            envelope.close();
            Ok(())
        }
        Encoding::Bare(version) => {
            put_version(out, version);
            put_bare(out, format, version, message)
        }
    }
}

fn put_body(body: &mut MapOut<'_>, message: &ToClient<'_>) -> Result<(), CodecError> {
    match message {
        ToClient::Init { actor_id, connection_id } => {
            body.text("tag", "Init");
            let mut val = body.map("val", 2);
            val.text("actorId", actor_id);
            val.text("connectionId", connection_id);
            val.close();
        }
        ToClient::Error { error, action_id, actor } => {
            body.text("tag", "Error");
            let actor = actor.as_ref();
            let mut val = body.map("val", failure::len(error, actor) + 1);
            failure::put_map_fields(&mut val, error, actor, |map, name, n| map.generation(name, n))?;
            val.id("actionId", *action_id);
            val.close();
        }
        ToClient::ActionResponse { id, output } => {
            body.text("tag", "ActionResponse");
            let mut val = body.map("val", 2);
            val.id("id", Some(*id));
            val.value("output", output)?;
            val.close();
        }
        ToClient::Event { name, args } => {
            body.text("tag", "Event");
            let mut val = body.map("val", 2);
            val.text("name", name);
            val.value("args", args)?;
            val.close();
        }
    }
    Ok(())
}

fn put_bare(
    out: &mut Vec<u8>,
    format: Format,
    version: Version,
    message: &ToClient<'_>,
) -> Result<(), CodecError> {
    match message {
        ToClient::Init { actor_id, connection_id } => {
            out.push(0);
            put_str(out, actor_id);
            put_str(out, connection_id);
            if version == Version::V1 {
                // The connection token: it was for resuming, which no client does any more.
                put_str(out, "");
            }
        }
        ToClient::Error { error, action_id, actor } => {
            out.push(1);
            failure::put_bare_fields(out, format, error)?;
            put_optional(out, *action_id, put_uint);
            failure::put_bare_actor(out, version, actor.as_ref());
        }
        ToClient::ActionResponse { id, output } => {
            out.push(2);
            put_uint(out, *id);
            put_value(out, format, output)?;
        }
        ToClient::Event { name, args } => {
            out.push(3);
            put_str(out, name);
            put_value(out, format, args)?;
        }
    }
    Ok(())
}
