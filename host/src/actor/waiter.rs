//! Who waits for the answer to a call that the guest has taken.

use std::collections::VecDeque;
use std::sync::Arc;

use rivet_ground::{ActorError, CallId, CloseReason, Connection, ConnectionId, MessageId, Publish};
use tokio::sync::oneshot;

use crate::actor::answers::failed;
use crate::actor::asker::Asker;
use crate::actor::call::{Call, CallError, Ticket};
use crate::actor::calls::AskId;
use crate::actor::exchange::Exchange;
use crate::actor::outlet::Outlet;
use crate::actor::said::{Said, What};

/// Who waits for an answer.
pub(super) enum Waiter {
    /// The caller of an action over HTTP, and the connection that lives as long as the call.
    Caller { action: String, connection: ConnectionId, asker: Asker },
    /// The caller of an action through a socket.
    Frame { action: String, outlet: Arc<Outlet>, id: u64, _ticket: Ticket },
    /// A connection that asks to be let in.
    Connect { connection: ConnectionId, then: LetIn },
    /// A connection that asks for an event.
    Subscribe {
        connection: ConnectionId,
        event: String,
        outlet: Arc<Outlet>,
        /// Whether it has thought better of it.
        withdrawn: bool,
        _ticket: Ticket,
    },
    /// Nobody: a connection is gone, and the guest takes leave of it.
    Disconnect,
    /// Whoever sent a message through a raw WebSocket: its next one waits until this is dropped.
    Message { _ticket: Ticket },
    /// Whoever sent a raw request.
    Request(Exchange),
    /// Whoever sends the queue a message, and waits for leave to.
    Publish { connection: ConnectionId, call: Call, publish: Publish },
    /// Whoever sent the queue a message, and waits until it is completed.
    Sender {
        connection: ConnectionId,
        message: MessageId,
        /// Whether its own patience ends first, and not that with actions.
        times_out: bool,
        asker: Asker,
    },
    /// Nobody: a schedule was due.
    Scheduled { action: String },
    /// Nobody: the actor does something by itself.
    Run,
}

/// What follows when a connection is let in.
pub(super) enum LetIn {
    /// The action that it is for.
    Call(Call),
    /// Its socket is told.
    Socket {
        answer: oneshot::Sender<Result<(), CallError>>,
        /// How the socket closed, if it has meanwhile.
        closed: Option<CloseReason>,
    },
}

/// What an instance does next, before it looks into its mailbox.
pub(super) enum Next {
    /// Run the action of a connection that was let in.
    Call(ConnectionId, Call),
    /// Put the message of a connection into the queue: it may.
    Enqueue(ConnectionId, Call, Publish),
    /// Take leave of a connection with a socket.
    Leave(ConnectionId, CloseReason),
    /// Take leave of the connection of a call over HTTP.
    HangUp(ConnectionId),
    /// Take leave of a connection whose socket was lost.
    Mourn(ConnectionId, Connection),
    /// Let the actor do what it does by itself.
    Run,
    /// Begin to sleep.
    Sleep,
    /// Tell the guest that it is to sleep: the call that it answers.
    Lullaby(CallId),
    /// Begin the end of the actor.
    Destroy,
    /// Tell the guest of the end: the call that it answers.
    Farewell(CallId),
}

/// Bounded by the calls and connections that bring them.
pub(super) type Agenda = VecDeque<Next>;

impl Waiter {
    /// What the call is about, for the log.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Caller { action, .. } | Self::Frame { action, .. } => format!("action {action:?}"),
            Self::Scheduled { action } => format!("scheduled action {action:?}"),
            Self::Connect { .. } => "connect".to_owned(),
            Self::Subscribe { event, .. } => format!("subscription to {event:?}"),
            Self::Disconnect => "disconnect".to_owned(),
            Self::Message { .. } => "message of a WebSocket".to_owned(),
            Self::Request(_) => "request".to_owned(),
            Self::Publish { .. } => "message for the queue".to_owned(),
            Self::Sender { message, .. } => format!("message {message} of the queue"),
            Self::Run => "run".to_owned(),
        }
    }

    /// Which call of another actor it answers.
    pub(super) fn ask(&self) -> Option<AskId> {
        match self {
            Self::Caller { asker, .. } => asker.ask(),
            Self::Publish { call, .. } | Self::Connect { then: LetIn::Call(call), .. } => call.asker.ask(),
            _ => None,
        }
    }

    /// Whether anybody waits for an answer still. With the head of a raw answer the waiting is over, however long its body
    /// takes.
    pub(super) fn waits(&self) -> bool {
        !matches!(self, Self::Request(exchange) if exchange.answer.is_none())
    }

    /// What is said when the instance ends, or time does, before the guest has answered.
    pub(super) fn fail(self, error: ActorError) -> Option<Said> {
        let what = match self {
            Self::Caller { asker, .. } | Self::Sender { asker, .. } => return Some(asker.said(Err(error))),
            Self::Publish { call, .. } => return Some(call.asker.said(Err(error))),
            Self::Frame { outlet, id, .. } => What::Frame { outlet, id, outcome: Err(error) },
            Self::Connect { then: LetIn::Call(call), .. } => return Some(call.asker.said(Err(error))),
            Self::Connect { then: LetIn::Socket { answer, .. }, .. } => What::LetIn(answer, Err(error)),
            // A body that has begun breaks off as its sender is dropped.
            Self::Request(mut exchange) => What::Head(exchange.answer.take()?, Err(error)),
            // It would believe that it listens.
            Self::Subscribe { outlet, .. } => What::Shut(outlet, failed(&error)),
            Self::Disconnect | Self::Message { .. } | Self::Scheduled { .. } | Self::Run => return None,
        };
        Some(Said::new(what))
    }
}
