//! The outside end of a connection.

use std::sync::Arc;

use rivet_ground::{ActorId, CloseReason, ConnectionId};
use tokio::sync::Semaphore;

use crate::actor::call::Incoming;
use crate::actor::live::ActorSpecifier;
use crate::actor::outlet::{Outgoing, Outlet};
use crate::actor::sockets::Sockets;
use crate::actor::supervisor::Supervisor;

/// A connection that an actor has let in, as whoever owns its socket holds it. Dropping it without [`Link::close`] tells
/// the actor that the socket is gone.
pub struct Link {
    specifier: ActorSpecifier,
    uuid: String,
    end: End,
}

/// What must be told of the end. Made before the actor is asked, so that one that is let in after its client has gone
/// is not forgotten.
pub(super) struct End {
    pub(super) supervisor: Supervisor,
    pub(super) actor: ActorId,
    pub(super) connection: ConnectionId,
    pub(super) outlet: Arc<Outlet>,
    /// What it may have sent and not been answered.
    pub(super) places: Arc<Semaphore>,
    /// Keeps the place of the actor's sockets while no instance does; none once the end was told.
    pub(super) sockets: Option<Arc<Sockets>>,
}

impl Link {
    pub(super) fn new(specifier: ActorSpecifier, uuid: String, end: End) -> Self {
        Self { specifier, uuid, end }
    }

    /// The instance that let it in. Later ones may have taken over since.
    pub fn actor(&self) -> &ActorSpecifier {
        &self.specifier
    }

    /// The id by which the client knows it.
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    /// Gives the actor what came through the socket, starting the actor if it does not run. Waits while the actor has
    /// no room for it, or for more of this connection; with a message of a raw WebSocket, until the guest has dealt with
    /// it. Messages of one connection arrive in the order in which they were sent.
    pub async fn send(&self, incoming: Incoming) {
        self.end.supervisor.deliver(&self.end, incoming).await;
    }

    /// Waits for what the actor says, and appends all there is to `batch`. Cancel-safe.
    pub async fn recv(&self, batch: &mut Vec<Outgoing>) {
        self.end.outlet.recv(batch).await;
    }

    /// Waits until the socket has read too slowly: what is being written to it is to be given up.
    pub async fn overflowed(&self) {
        self.end.outlet.overflowed().await;
    }

    /// Tells the actor that the socket is closed.
    pub async fn close(mut self, reason: CloseReason) {
        self.end.tell(reason).await;
    }
}

impl End {
    /// Nothing is to be told: it was not let in.
    pub(super) fn disarm(mut self) {
        if let Some(sockets) = self.sockets.take() {
            sockets.close(self.connection);
            self.supervisor.shared.sockets.release(self.actor, sockets);
        }
    }

    async fn tell(&mut self, reason: CloseReason) {
        let Some(sockets) = self.sockets.take() else { return };
        let shared = &self.supervisor.shared;
        if sockets.outlet(self.connection).is_none() && shared.live.get(self.actor).is_none() {
            // The actor closed the socket, or never opened it. Only an instance that started meanwhile may not know.
            return shared.sockets.release(self.actor, sockets);
        }
        // If this is cancelled the record of the connection tells the next instance.
        self.supervisor.deliver(self, Incoming::Closed(reason)).await;
        // If nobody took it, nobody else will, either.
        sockets.close(self.connection);
        self.supervisor.shared.sockets.release(self.actor, sockets);
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let Some(sockets) = self.sockets.take() else { return };
        let (supervisor, outlet, places) =
            (self.supervisor.clone(), self.outlet.clone(), self.places.clone());
        let mut end = Self {
            supervisor,
            actor: self.actor,
            connection: self.connection,
            outlet,
            places,
            sockets: Some(sockets),
        };
        tokio::spawn(async move {
            // 1006 of RFC 6455: no close was seen.
            end.tell(CloseReason { code: 1006, reason: String::new() }).await;
        });
    }
}
