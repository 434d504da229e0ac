//! What goes into a turn and what comes out of it.

use bytes::Bytes;

use crate::ActorError;

/// A call that waits for an answer. Unique within one instance, never 0.
pub type CallId = u64;

/// An operation that was started and has not completed. Unique within one instance, never 0.
pub type OperationId = u64;

/// How a call or an operation ended: with bytes or with an error.
pub type Outcome = Result<Bytes, ActorError>;

/// The kinds of event, numbered as in `wit/guest.wit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum EventKind {
    /// The first start of an actor.
    Create = 1,
    /// A later start, from durable data.
    Wake = 2,
    /// A call of an action.
    Action = 3,
    /// An operation ended.
    Completion = 4,
    /// The actor is going away for good.
    Destroy = 5,
}

/// One thing that happened to an actor, as `wit/guest.wit` describes it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The call to answer, or the operation that ended.
    pub id: u64,
    /// The connection it came through; 0 when there is none.
    pub connection: u64,
    /// The action's name, for an action.
    pub name: String,
    /// Data by kind: input, arguments, result.
    pub payload: Bytes,
    /// Why an operation failed.
    pub error: Option<ActorError>,
}

impl Event {
    /// An event of a kind that carries nothing but an id.
    pub fn bare(kind: EventKind, id: u64) -> Self {
        Self { kind, id, connection: 0, name: String::new(), payload: Bytes::new(), error: None }
    }
}

/// What a turn wants done in the world once it is durable.
#[derive(Debug)]
pub enum Effect {
    /// Answer a call.
    Reply {
        /// The call.
        call: CallId,
        /// The answer.
        outcome: Outcome,
    },
    /// Start a timer that completes an operation.
    StartTimer {
        /// The operation.
        operation: OperationId,
        /// How long, in milliseconds.
        after_ms: u64,
    },
    /// Drop an operation's completion.
    Cancel {
        /// The operation.
        operation: OperationId,
    },
    /// End the actor.
    Destroy,
}
