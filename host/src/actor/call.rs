//! What reaches an actor from outside.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{
    ActorError, ActorId, CloseReason, ConnectionId, ConnectionKind, RequestHead, SocketMessage, Work,
};
use rivet_store::{Claim, WriteSet};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::actor::answers::failed;
use crate::actor::asker::Asker;
use crate::actor::calls::Origin;
use crate::actor::exchange::{RawReply, RawRequest};
use crate::actor::outlet::{Outgoing, Outlet};
use crate::actor::supervisor::destroyed;

/// How a call ended.
pub type Reply = Result<Bytes, CallError>;

/// Why a call has no output.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The actor, or the host on its behalf, answered with an error.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// The actor was destroyed before it took the call: nothing of it ran.
    #[error("the actor was destroyed before it took the call")]
    Gone,
}

/// Who calls.
#[derive(Clone)]
pub struct Caller {
    /// What it gave along: one CBOR value.
    pub params: Bytes,
    /// The head of its request; made only for actors that want to see it.
    pub head: Head,
    /// Which other actor it is; none for somebody outside.
    pub origin: Option<Arc<Origin>>,
}

/// Makes the head of a request.
pub type Head = Arc<dyn Fn() -> RequestHead + Send + Sync>;

/// What comes through a socket.
#[derive(Debug)]
pub enum Incoming {
    /// A call of an action.
    Action {
        /// The client's id of the call.
        id: u64,
        /// The action.
        name: String,
        /// Its arguments: one CBOR array.
        args: Bytes,
    },
    /// The wish to hear an event, or not to hear it any more.
    Subscribe {
        /// The event.
        event: String,
        /// Whether to hear it.
        subscribe: bool,
    },
    /// A message of a raw WebSocket.
    Message(SocketMessage),
    /// The socket is closed.
    Closed(CloseReason),
}

/// What an actor's mailbox takes.
pub(super) enum Message {
    /// A call of an action.
    Call(Call),
    /// A socket that asks to be let in.
    Connect(Connect),
    /// Something that came through a socket.
    Frame(Frame),
    /// A raw HTTP request.
    Request(Request),
    /// The end of the actor, asked for from outside; answered when it is durable.
    Destroy(oneshot::Sender<Reply>),
    /// Sleep, asked for from outside; answered when the actor sleeps.
    Sleep(oneshot::Sender<Reply>),
    /// The actor's place is needed: it sleeps if it is idle.
    Press,
    /// A copy of the actor, asked for from outside.
    Fork(Fork),
    /// The host is going down: the actor goes to sleep behind the turns that it has taken. Dropped when it has.
    Stop(oneshot::Sender<()>),
}

/// The wish for a copy of an actor.
pub(super) struct Fork {
    /// The id of the copy.
    pub(super) to: ActorId,
    /// Gets what makes the copy an actor.
    pub(super) answer: oneshot::Sender<Result<Copied, CallError>>,
}

/// A copy of an actor's data and memory that is not an actor yet.
#[derive(Debug)]
pub struct Copied {
    /// What is still to be committed, together with what gives the copy its key.
    pub writes: WriteSet,
    /// Why the memory is not in it, if it is not.
    pub no_memory: Option<String>,
    /// Fences the writes; to be released.
    pub claim: Claim,
}

/// A call that the actor has not taken yet.
pub(super) struct Call {
    pub(super) work: Work,
    pub(super) caller: Caller,
    /// When the caller gives up, on the monotonic clock.
    pub(super) deadline: Duration,
    pub(super) asker: Asker,
}

/// A socket that asks to be let in.
pub(super) struct Connect {
    pub(super) connection: ConnectionId,
    pub(super) uuid: String,
    pub(super) kind: ConnectionKind,
    pub(super) caller: Caller,
    pub(super) outlet: Arc<Outlet>,
    pub(super) answer: oneshot::Sender<Result<(), CallError>>,
}

/// Something that came through a socket.
pub(super) struct Frame {
    pub(super) connection: ConnectionId,
    pub(super) outlet: Arc<Outlet>,
    /// When the caller of an action gives up, on the monotonic clock.
    pub(super) deadline: Duration,
    pub(super) incoming: Incoming,
    pub(super) ticket: Ticket,
}

/// Dropped when what came through a socket is dealt with.
pub(super) struct Ticket {
    /// Tells whoever waits for that.
    pub(super) _handled: oneshot::Sender<()>,
    /// One of the places that a connection has; none for its end, which needs none.
    pub(super) _place: Option<OwnedSemaphorePermit>,
}

/// A raw HTTP request.
pub(super) struct Request {
    pub(super) request: RawRequest,
    /// When the caller gives up waiting for the head of the answer, on the monotonic clock.
    pub(super) deadline: Duration,
    pub(super) answer: oneshot::Sender<RawReply>,
}

/// What an actor that did not answer leaves of a raw request.
pub enum RawError {
    /// It, or the host on its behalf, answered with an error.
    Actor(ActorError),
    /// It was destroyed before it took the request, which is whole.
    Gone(RawRequest),
}

impl Message {
    /// Ends the message without the actor having seen it. An actor that is gone has been destroyed, as asked.
    pub(super) fn end(self, error: CallError) {
        match (self, error) {
            (Self::Stop(_) | Self::Press, _) => {}
            (Self::Fork(fork), error) => drop(fork.answer.send(Err(error))),
            (Self::Destroy(answer), CallError::Gone) => drop(answer.send(Ok(Bytes::new()))),
            (Self::Destroy(answer) | Self::Sleep(answer), error) => drop(answer.send(Err(error))),
            (Self::Call(call), error) => call.asker.answer(Err(error)),
            (Self::Connect(connect), error) => drop(connect.answer.send(Err(error))),
            (Self::Request(Request { request, answer, .. }), error) => {
                drop(answer.send(Err(match error {
                    CallError::Actor(error) => RawError::Actor(error),
                    CallError::Gone => RawError::Gone(request),
                })));
            }
            (Self::Frame(Frame { outlet, incoming: Incoming::Action { id, .. }, .. }), error) => {
                let error = match error {
                    CallError::Actor(error) => error,
                    CallError::Gone => ActorError::actor("destroying", "the actor was destroyed"),
                };
                outlet.push(Outgoing::Answer { id, outcome: Err(error) });
            }
            // Whoever closes the socket says so to the next instance.
            (Self::Frame(Frame { incoming: Incoming::Closed(_), .. }), _) => {}
            // There is no answer to it that would say that it was lost.
            (Self::Frame(Frame { outlet, .. }), error) => {
                let reason = match error {
                    CallError::Actor(error) => failed(&error),
                    CallError::Gone => destroyed(),
                };
                outlet.push(Outgoing::Close(reason));
            }
        }
    }

    /// When whoever waits for an answer gives up, on the monotonic clock.
    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Frame(Frame { deadline, incoming: Incoming::Message(_), .. }) => Some(*deadline),
            Self::Call(Call { deadline, .. }) | Self::Request(Request { deadline, .. }) => Some(*deadline),
            Self::Frame(Frame { deadline, incoming: Incoming::Action { .. }, .. }) => Some(*deadline),
            _ => None,
        }
    }
}
