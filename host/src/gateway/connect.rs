//! Connections and raw requests: from what a client addresses to the actor that lets it in.

use rivet_ground::{ActorError, CloseReason, ConnectionKind};

use crate::actor::{
    ActorSpecifier, CallError, Caller, Incoming, Link, Outgoing, RawError, RawRequest, RawResponse,
};
use crate::gateway::{Gateway, TRIES, Target};

/// A socket that an actor has let in. Dropping it without [`Connection::close`] tells the actor that the socket is
/// gone; an actor that stops and starts beneath it is not told to the socket.
pub struct Connection {
    link: Link,
    expose_errors: bool,
}

/// What an actor answered to a raw request.
#[derive(Debug)]
pub struct RawAnswer {
    /// Who answered.
    pub actor: ActorSpecifier,
    /// The answer; none when the actor takes no raw requests; or the error as the caller may see it.
    pub outcome: Result<Option<RawResponse>, ActorError>,
}

impl Gateway {
    /// Asks the actor that a target names to let a socket in, and waits until it has.
    ///
    /// # Errors
    /// There is no such actor, it cannot be started, or it refused: the error as the client may see it.
    pub async fn connect(
        &self,
        target: &Target,
        kind: ConnectionKind,
        caller: Caller,
    ) -> Result<Connection, ActorError> {
        for _ in 0..TRIES {
            let id = self.resolve_id(target)?;
            match self.supervisor.connect(id, kind, caller.clone()).await {
                Ok(link) => return Ok(Connection { link, expose_errors: self.expose_errors }),
                Err(CallError::Actor(error)) => return Err(self.visible(error)),
                Err(CallError::Gone) if target.is_key() => {}
                Err(CallError::Gone) => break,
            }
        }
        self.settled().await?;
        Err(ActorError::not_found())
    }

    /// Gives the actor that a target names a raw HTTP request, and waits for the head of its answer.
    ///
    /// # Errors
    /// There is no such actor, or it cannot be started: the request was given to nobody.
    pub async fn request(&self, target: &Target, mut request: RawRequest) -> Result<RawAnswer, ActorError> {
        for _ in 0..TRIES {
            let id = self.resolve_id(target)?;
            match self.supervisor.request(id, request).await {
                Ok((actor, outcome)) => {
                    return Ok(RawAnswer { actor, outcome: outcome.map_err(|error| self.visible(error)) });
                }
                Err(RawError::Actor(error)) => return Err(self.visible(error)),
                Err(RawError::Gone(whole)) if target.is_key() => request = whole,
                Err(RawError::Gone(_)) => break,
            }
        }
        self.settled().await?;
        Err(ActorError::not_found())
    }
}

impl Connection {
    /// The instance that let it in.
    pub fn actor(&self) -> &ActorSpecifier {
        self.link.actor()
    }

    /// The id by which the client knows it: a UUID.
    pub fn uuid(&self) -> &str {
        self.link.uuid()
    }

    /// Gives the actor what came through the socket, waking it if need be. Waits while the actor has no room for it, so
    /// that the client behind the socket waits, too. In order.
    pub async fn send(&self, incoming: Incoming) {
        self.link.send(incoming).await;
    }

    /// Waits for what the actor says, and appends all there is to `batch`, errors as the client may see them.
    /// Cancel-safe.
    pub async fn recv(&self, batch: &mut Vec<Outgoing>) {
        let from = batch.len();
        self.link.recv(batch).await;
        if self.expose_errors {
            return;
        }
        for outgoing in batch.iter_mut().skip(from) {
            if let Outgoing::Answer { outcome: Err(error), .. } = outgoing
                && !error.is_public()
            {
                *error = error.clone().masked();
            }
        }
    }

    /// Waits until the socket has read too slowly: what is being written to it is to be given up. The close that
    /// [`Connection::recv`] then gives says so.
    pub async fn overflowed(&self) {
        self.link.overflowed().await;
    }

    /// Tells the actor that the socket is closed, and how.
    pub async fn close(self, reason: CloseReason) {
        self.link.close(reason).await;
    }
}
