//! What goes into a turn and what comes out of it.

use bytes::Bytes;

use crate::{ActorError, Ask, CloseReason, ConnectionId, FetchRequest};

/// A call that waits for an answer. Unique within one instance, never 0.
pub type CallId = u64;

/// An operation that was started and has not completed. Unique within one instance, never 0.
pub type OperationId = u64;

/// A message of an actor's queue, from 1. Unique within one actor.
pub type MessageId = u64;

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
    /// A connection asks to be let in.
    Connect = 6,
    /// A connection is gone.
    Disconnect = 7,
    /// A connection asks for an event.
    Subscribe = 8,
    /// A raw HTTP request.
    Request = 9,
    /// A message of a raw WebSocket.
    Message = 10,
    /// The work that the actor does by itself begins.
    Run = 11,
    /// The actor is to sleep.
    Sleep = 12,
    /// The actor has its memory back.
    Resume = 13,
    /// Somebody outside sends a message to a queue.
    Publish = 14,
}

impl EventKind {
    /// Whether the event's id is a call, which waits for an answer.
    pub fn is_call(self) -> bool {
        self != Self::Completion
    }
}

/// One thing that happened to an actor, as `wit/guest.wit` describes it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The call to answer, or the operation that ended.
    pub id: u64,
    /// The connection it came through; 0 when there is none.
    pub connection: ConnectionId,
    /// A name by kind: of the action, the event, the kind of connection or message.
    pub name: String,
    /// Data by kind: input, arguments, result, head, message.
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
    /// Fail an operation if it has not ended by then.
    SetTimeout {
        /// The operation.
        operation: OperationId,
        /// How long it may take, in milliseconds.
        after_ms: u64,
    },
    /// Tell who waits for a message that it was completed.
    Complete {
        /// The message.
        message: MessageId,
        /// The operation of the actor's own that waits for it, if one does.
        operation: Option<OperationId>,
        /// One CBOR value, if there is a response.
        response: Option<Bytes>,
    },
    /// Drop an operation's completion.
    Cancel {
        /// The operation.
        operation: OperationId,
    },
    /// Ask another actor something.
    Ask {
        /// What the answer completes.
        operation: OperationId,
        /// What is asked.
        ask: Box<Ask>,
    },
    /// End the actor.
    Destroy,
    /// Let the actor sleep.
    Sleep,
    /// Tell all who have subscribed to an event.
    Broadcast {
        /// The event.
        name: String,
        /// Its arguments: one array.
        args: Bytes,
    },
    /// Tell one connection an event.
    Send {
        /// The connection.
        connection: ConnectionId,
        /// The event.
        name: String,
        /// Its arguments: one array.
        args: Bytes,
    },
    /// Send a message over a raw WebSocket.
    Message {
        /// The connection.
        connection: ConnectionId,
        /// The message.
        message: SocketMessage,
    },
    /// End a connection.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// How.
        reason: CloseReason,
    },
    /// Make a request to the outside.
    Fetch {
        /// What its answer completes.
        operation: OperationId,
        /// The request.
        request: Box<FetchRequest>,
    },
    /// Read on in the body of a raw request.
    ReadBody {
        /// The request.
        request: CallId,
        /// What the next piece completes.
        operation: OperationId,
    },
    /// Begin the answer to a raw request.
    Respond {
        /// The request.
        request: CallId,
        /// The HTTP status.
        status: u16,
        /// The headers.
        headers: Vec<(String, Bytes)>,
    },
    /// Go on with the answer to a raw request.
    WriteBody {
        /// The request.
        request: CallId,
        /// What completes when the piece was taken on.
        operation: OperationId,
        /// The piece.
        piece: Bytes,
    },
    /// End the answer to a raw request.
    FinishBody {
        /// The request.
        request: CallId,
    },
}

/// A message of a raw WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketMessage {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Bytes),
}
