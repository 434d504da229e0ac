//! Gives actors what comes from outside, starting them if need be.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorId, ConnectionId, ConnectionKind};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::actor::call::{Call, CallError, Caller, Connect, Frame, Incoming, Message, Reply, Request};
use crate::actor::exchange::{RawReply, RawRequest};
use crate::actor::link::{End, Link};
use crate::actor::live::{ActorSpecifier, Handle};
use crate::actor::outlet::Outlet;
use crate::actor::supervisor::{Supervisor, dropped, overloaded};
use crate::actor::task::timed_out;

/// An instance may end between being found and being written to. It cannot do so for ever.
const TRIES: usize = 8;

impl Supervisor {
    /// Calls an action of an actor, starting the actor if it does not run, and waits for the answer.
    ///
    /// # Errors
    /// The outer error: no instance could be had. The inner one: the call's own.
    pub async fn call(
        &self,
        id: ActorId,
        action: String,
        args: Bytes,
        caller: Caller,
    ) -> Result<(ActorSpecifier, Reply), CallError> {
        let (answer, waiting) = oneshot::channel();
        let handle = self.handle(id)?;
        let deadline = self.deadline(&handle);
        let specifier = self.post(handle, Message::Call(Call { action, args, caller, deadline, answer }))?;
        let reply = waiting.await.unwrap_or_else(|_| Err(dropped().into()));
        Ok((specifier, reply))
    }

    /// Gives an actor a raw HTTP request, starting the actor if it does not run, and waits for the head of the answer.
    ///
    /// # Errors
    /// As [`Supervisor::call`].
    pub async fn request(
        &self,
        id: ActorId,
        request: RawRequest,
    ) -> Result<(ActorSpecifier, RawReply), CallError> {
        let (answer, waiting) = oneshot::channel();
        let handle = self.handle(id)?;
        let deadline = self.deadline(&handle);
        let specifier = self.post(handle, Message::Request(Request { request, deadline, answer }))?;
        let reply = waiting.await.unwrap_or_else(|_| Err(dropped().into()));
        Ok((specifier, reply))
    }

    /// Asks an actor to let a socket in, starting the actor if it does not run.
    ///
    /// # Errors
    /// The actor refused, or no instance could be had.
    pub async fn connect(
        &self,
        id: ActorId,
        kind: ConnectionKind,
        caller: Caller,
    ) -> Result<Link, CallError> {
        let (answer, waiting) = oneshot::channel();
        let (connection, uuid) = (self.next_connection(), Uuid::new_v4().to_string());
        let (outlet, sockets) = (Arc::<Outlet>::default(), Some(self.shared.sockets.of(id)));
        let end = End { supervisor: self.clone(), actor: id, connection, outlet: outlet.clone(), sockets };
        let connect = Connect { connection, uuid: uuid.clone(), kind, caller, outlet, answer };
        let asked = match self.post_patiently(id, Message::Connect(connect)).await {
            Ok(specifier) => waiting.await.unwrap_or_else(|_| Err(dropped().into())).map(|()| specifier),
            Err(error) => Err(error),
        };
        match asked {
            Ok(specifier) => Ok(Link::new(specifier, uuid, end)),
            Err(error) => {
                end.disarm();
                Err(error)
            }
        }
    }

    /// Gives an actor what came through a socket. Waits while its mailbox is full, as whoever sends through the socket
    /// then has to: one connection cannot take the room that the callers of others need for longer than that.
    pub(super) async fn deliver(
        &self,
        id: ActorId,
        connection: ConnectionId,
        outlet: &Arc<Outlet>,
        incoming: Incoming,
    ) {
        let (outlet, deadline) = (outlet.clone(), Duration::ZERO);
        let frame = Message::Frame(Frame { connection, outlet, deadline, incoming });
        // A failure has reached whoever waits for an answer already.
        let _failed = self.post_patiently(id, frame).await;
    }

    /// Puts a message into the mailbox of an actor, and waits while that is full. After an error the message has been
    /// ended with it.
    async fn post_patiently(&self, id: ActorId, mut message: Message) -> Result<ActorSpecifier, CallError> {
        for _ in 0..TRIES {
            let handle = match self.handle(id) {
                Ok(handle) => handle,
                Err(error) => {
                    message.end(error.clone());
                    return Err(error);
                }
            };
            if let Message::Frame(frame) = &mut message {
                frame.deadline = self.deadline(&handle);
            }
            match handle.mailbox.send(message).await {
                Ok(()) => return Ok(handle.specifier),
                Err(mpsc::error::SendError(returned)) => message = returned,
            }
        }
        message.end(dropped().into());
        Err(dropped().into())
    }

    /// An id for a connection: not used before, not by an earlier run of the host either, and exact as a JavaScript number.
    pub(super) fn next_connection(&self) -> ConnectionId {
        self.shared.connections.fetch_add(1, Ordering::Relaxed)
    }

    fn deadline(&self, handle: &Handle) -> Duration {
        self.shared.clock.monotonic() + Duration::from_millis(handle.action_timeout_ms)
    }

    /// Gives the messages that an instance left behind to the actor's next instance.
    pub(super) fn repost(&self, id: ActorId, messages: Vec<Message>) {
        let now = self.shared.clock.monotonic();
        for message in messages {
            // Else calls could go from one failing instance to the next for ever.
            if message.deadline().is_some_and(|deadline| deadline <= now) {
                message.end(timed_out().into());
                continue;
            }
            match self.handle(id) {
                // A failure has reached the caller already.
                Ok(handle) => drop(self.post(handle, message)),
                Err(error) => message.end(error),
            }
        }
    }

    /// Puts a message into a mailbox. After an error the message has been ended with it.
    pub(super) fn post(&self, mut handle: Handle, mut message: Message) -> Result<ActorSpecifier, CallError> {
        for _ in 0..TRIES {
            message = match handle.mailbox.try_send(message) {
                Ok(()) => return Ok(handle.specifier),
                Err(mpsc::error::TrySendError::Full(message)) => {
                    let error = CallError::from(overloaded("the actor has too many calls waiting"));
                    message.end(error.clone());
                    return Err(error);
                }
                Err(mpsc::error::TrySendError::Closed(message)) => message,
            };
            handle = match self.handle(handle.specifier.id) {
                Ok(handle) => handle,
                Err(error) => {
                    message.end(error.clone());
                    return Err(error);
                }
            };
        }
        message.end(dropped().into());
        Err(dropped().into())
    }
}
