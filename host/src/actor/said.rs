//! What a turn said, on its way out.

use std::sync::Arc;

use rivet_ground::{ActorError, CloseReason, ConnectionId, Outcome, SocketMessage};
use tokio::sync::{mpsc, oneshot};

use crate::actor::asker::To;
use crate::actor::asking::Asking;
use crate::actor::call::{CallError, RawError};
use crate::actor::errand::Errand;
use crate::actor::exchange::{Piece, RawReply, RawResponse};
use crate::actor::gate::not_saved;
use crate::actor::outlet::{Broadcast, Outgoing, Outlet};
use crate::actor::sockets::Sockets;

/// Something that a turn said. It leaves when the turn is durable. If it is dropped before, whoever waits for it
/// hears that the turn was not saved.
pub(super) struct Said(Option<What>);

/// What can be said.
pub(super) enum What {
    /// The answer to a call over HTTP.
    Answer(To, Outcome),
    /// A socket was let in, or refused.
    LetIn(oneshot::Sender<Result<(), CallError>>, Result<(), ActorError>),
    /// The answer to an action that came through a socket.
    Frame { outlet: Arc<Outlet>, id: u64, outcome: Outcome },
    /// An event for all who listen.
    Broadcast(Arc<Sockets>, Arc<Broadcast>),
    /// An event for one socket.
    Event(Arc<Outlet>, Arc<Broadcast>),
    /// A message of a raw WebSocket.
    Message(Arc<Outlet>, SocketMessage),
    /// The end of a socket.
    Close { sockets: Arc<Sockets>, connection: ConnectionId, outlet: Arc<Outlet>, reason: CloseReason },
    /// The end of a socket whose connection the guest has not taken leave of.
    Shut(Arc<Outlet>, CloseReason),
    /// The end of all sockets: the actor is gone.
    EndAll(Arc<Sockets>, CloseReason),
    /// The head of the answer to a raw request, or an error in its place.
    Head(oneshot::Sender<RawReply>, Result<RawResponse, ActorError>),
    /// A piece of the body of that answer.
    Piece(mpsc::UnboundedSender<Piece>, Piece),
    /// Something to be done outside.
    Errand(Errand),
    /// Something that another actor is asked for.
    Ask(Box<Asking>),
}

impl Said {
    pub(super) fn new(what: What) -> Self {
        Self(Some(what))
    }

    /// Lets it out, or tells who waits that the turn was not saved.
    pub(super) fn leave(mut self, saved: Result<(), &str>) {
        if let Some(what) = self.0.take() {
            what.leave(saved);
        }
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        if let Some(what) = self.0.take() {
            what.leave(Err("its commit was refused"));
        }
    }
}

impl What {
    /// Whoever is gone by now misses nothing.
    fn leave(self, saved: Result<(), &str>) {
        let saved = saved.map_err(not_saved);
        match self {
            Self::Answer(to, outcome) => to.answer(saved.and(outcome).map_err(CallError::Actor)),
            Self::LetIn(to, outcome) => drop(to.send(saved.and(outcome).map_err(CallError::Actor))),
            Self::Frame { outlet, id, outcome } => {
                outlet.push(Outgoing::Answer { id, outcome: saved.and(outcome) });
            }
            Self::Head(to, outcome) => {
                drop(to.send(saved.and(outcome).map(Some).map_err(RawError::Actor)));
            }
            // Whatever became of the turn, there is no instance any more.
            Self::Shut(outlet, reason) => outlet.push(Outgoing::Close(reason)),
            Self::EndAll(sockets, reason) => sockets.end_all(&reason),
            _ if saved.is_err() => {}
            Self::Broadcast(sockets, event) => sockets.broadcast(&event),
            Self::Event(outlet, event) => outlet.push(Outgoing::Event(event)),
            Self::Message(outlet, message) => outlet.push(Outgoing::Message(message)),
            Self::Close { sockets, connection, outlet, reason } => {
                sockets.close(connection);
                outlet.push(Outgoing::Close(reason));
            }
            Self::Piece(to, piece) => drop(to.send(piece)),
            Self::Errand(errand) => errand.leave(),
            Self::Ask(asking) => asking.leave(),
        }
    }
}
