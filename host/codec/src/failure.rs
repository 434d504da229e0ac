//! Errors as clients read them (client-protocol.md sections 5, 7 and 8.3).

use bytes::Bytes;
use rivet_ground::ActorError;

use crate::bare::{put_optional, put_str, put_uint, put_version};
use crate::client::Format;
use crate::encoding::{Encoding, Version};
use crate::envelope::{MapOut, put_optional_value};
use crate::error::CodecError;

/// The actor that an error comes from.
#[derive(Clone, Copy, Debug)]
pub struct ActorSpecifier<'a> {
    /// Its id.
    pub actor_id: &'a str,
    /// Its generation.
    pub generation: u64,
    /// Its key in serialized form.
    pub key: Option<&'a str>,
}

/// Writes the body of a failed HTTP request. Fails only if the error's metadata is not CBOR.
pub fn encode_error(
    format: impl Into<Format>,
    error: &ActorError,
    actor: Option<&ActorSpecifier<'_>>,
) -> Result<Bytes, CodecError> {
    let format = format.into();
    let mut out = Vec::with_capacity(256);
    match format.encoding {
        Encoding::Json | Encoding::Cbor => {
            let mut map = MapOut::open(&mut out, format, len(error, actor));
            put_map_fields(&mut map, error, actor, |map, name, n| map.number(name, n))?;
            map.close();
        }
        Encoding::Bare(version) => {
            put_version(&mut out, version);
            put_bare_fields(&mut out, format, error)?;
            put_bare_actor(&mut out, version, actor);
        }
    }
    Ok(out.into())
}

/// How many fields `put_map_fields` writes.
pub(crate) fn len(error: &ActorError, actor: Option<&ActorSpecifier<'_>>) -> u8 {
    3 + u8::from(error.metadata.is_some()) + u8::from(actor.is_some())
}

/// Writes the fields of an error into a map. What there is none of is left out: clients refuse nulls there.
pub(crate) fn put_map_fields(
    map: &mut MapOut<'_>,
    error: &ActorError,
    actor: Option<&ActorSpecifier<'_>>,
    put_generation: impl Fn(&mut MapOut<'_>, &str, u64),
) -> Result<(), CodecError> {
    map.text("group", &error.group);
    map.text("code", &error.code);
    map.text("message", &error.message);
    if let Some(metadata) = &error.metadata {
        map.value("metadata", metadata)?;
    }
    if let Some(actor) = actor {
        let mut map = map.map("actor", if actor.key.is_some() { 3 } else { 2 });
        map.text("actorId", actor.actor_id);
        put_generation(&mut map, "generation", actor.generation);
        if let Some(key) = actor.key {
            map.text("key", key);
        }
        map.close();
    }
    Ok(())
}

/// Writes the fields that a BARE error has in every version.
pub(crate) fn put_bare_fields(
    out: &mut Vec<u8>,
    format: Format,
    error: &ActorError,
) -> Result<(), CodecError> {
    put_str(out, &error.group);
    put_str(out, &error.code);
    put_str(out, &error.message);
    put_optional_value(out, format, error.metadata.as_deref())
}

/// Writes the actor of a BARE error, in the versions that have it.
pub(crate) fn put_bare_actor(out: &mut Vec<u8>, version: Version, actor: Option<&ActorSpecifier<'_>>) {
    if version < Version::V4 {
        return;
    }
    put_optional(out, actor, |out, actor| {
        put_str(out, actor.actor_id);
        put_uint(out, actor.generation);
        put_optional(out, actor.key, put_str);
    });
}
