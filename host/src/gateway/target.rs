//! What a client addresses.

use bytes::Bytes;
use rivet_ground::{ActorId, ActorKey};

/// The actor that a request is for.
#[derive(Clone, Debug)]
pub enum Target {
    /// An actor by its id.
    Id(ActorId),
    /// The actor that has a key.
    Key {
        /// The namespace that the key is in.
        namespace: String,
        /// The actor's name.
        name: String,
        /// The key.
        key: ActorKey,
        /// What to create when no actor has the key; none to create nothing.
        create: Option<Creation>,
    },
}

/// What to create an actor with.
#[derive(Clone, Debug, Default)]
pub struct Creation {
    /// Its input, one CBOR value.
    pub input: Option<Bytes>,
}

impl Target {
    /// Whether the target is whichever actor has the key.
    pub fn is_key(&self) -> bool {
        matches!(self, Self::Key { .. })
    }
}
