//! What is asked of an actor, and by which other one.

use bytes::Bytes;

use crate::{ActorId, ActorKey, CallId};

/// The actor that something is for.
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

/// What an actor is to do.
#[derive(Clone, Debug)]
pub enum Work {
    /// An action.
    Action {
        /// Its name.
        name: String,
        /// Its arguments: one CBOR array.
        args: Bytes,
    },
    /// A message for the queue.
    Publish(Publish),
}

/// A message for the queue.
#[derive(Clone, Debug)]
pub struct Publish {
    /// The name that it is sent under.
    pub queue: String,
    /// One CBOR value.
    pub body: Bytes,
    /// Whether the answer is to wait until it is completed.
    pub wait: bool,
    /// How long the answer waits, in milliseconds, if that is less than an action may take.
    pub timeout_ms: Option<u64>,
}

/// What one actor asks of another, as an effect of a turn.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The other one.
    pub target: Target,
    /// What is asked.
    pub question: Question,
    /// The parameters of the connection: one CBOR value.
    pub params: Bytes,
    /// The call that the asker answers by it; 0 for none.
    pub on_behalf_of: CallId,
    /// How the asker holds on to itself until that is answered.
    pub hold: Access,
    /// How much memory all of it takes, in bytes.
    pub len_bytes: usize,
}

/// What can be asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// To do something.
    Work(Work),
    /// Which id it has, once it is there.
    Resolve,
    /// The same, of one that is new.
    Create,
}

/// How the answering of a call uses its actor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// It keeps no other call out.
    #[default]
    None,
    /// It keeps out those that want the actor for themselves.
    Shared,
    /// It keeps all others out that keep anybody out.
    Exclusive,
    /// Nothing is taken before it is answered: the actor starts or falls asleep.
    Closed,
}

impl Target {
    /// Whether the target is whichever actor has the key.
    pub fn is_key(&self) -> bool {
        matches!(self, Self::Key { .. })
    }
}
