//! What an instance leaves when its actor falls asleep, and what the next one makes of it.

use bytes::Bytes;
use rivet_ground::{CallId, OperationId, limits};
use rivet_sandbox::Image;
use serde::{Deserialize, Serialize};

/// What the host remembers of a sleeping actor, beside the image of its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// The timers that have not fired, each with its time in milliseconds since the Unix epoch.
    pub(super) timers: Vec<(OperationId, u64)>,
    /// The responses that had come and that it had not been given, each with the operation that it ends.
    #[serde(default)]
    pub(super) responses: Vec<(OperationId, Vec<u8>)>,
    /// The call of its `run`, if that goes on.
    pub(super) run: Option<CallId>,
    /// The newest call: no call of the actor's memory has its number again.
    pub(super) last_call: CallId,
}

/// Bytes that hold no memory.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be read: {0}")]
pub(super) struct Unreadable(String);

impl Memory {
    /// Both as bytes: the length of this (u32, little-endian), this in CBOR, the image. A large image is compressed on a
    /// thread of its own.
    pub(super) async fn pack(self, image: Image) -> Bytes {
        if image.contents_bytes() < limits::COMPRESS_ASIDE_BYTES {
            return self.encode(&image);
        }
        let packed = tokio::task::spawn_blocking(move || self.encode(&image)).await;
        // Empty bytes hold no memory; whoever reads them says so.
        packed.unwrap_or_default()
    }

    fn encode(&self, image: &Image) -> Bytes {
        // Numbers always encode.
        let own = serde_cbor::to_vec(self).unwrap_or_default();
        let mut out = (own.len() as u32).to_le_bytes().to_vec();
        out.extend_from_slice(&own);
        out.extend_from_slice(&image.encode());
        out.into()
    }

    /// Both from bytes. Many are decompressed on a thread of their own.
    pub(super) async fn unpack(bytes: Bytes) -> Result<(Self, Image), Unreadable> {
        if bytes.len() < limits::COMPRESS_ASIDE_BYTES {
            return Self::decode(&bytes);
        }
        let unpacked = tokio::task::spawn_blocking(move || Self::decode(&bytes)).await;
        unpacked.unwrap_or_else(|error| Err(Unreadable(error.to_string())))
    }

    fn decode(bytes: &[u8]) -> Result<(Self, Image), Unreadable> {
        let cut = || Unreadable("it is cut off".to_owned());
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
        let (own, image) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(cut)?;
        let own = serde_cbor::from_slice(own).map_err(|error| Unreadable(error.to_string()))?;
        Ok((own, Image::decode(image).map_err(|error| Unreadable(error.to_string()))?))
    }
}
