//! Gives actors what comes from outside, starting them if need be.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorError, ActorId, ConnectionId, ConnectionKind, Work, limits};
use rivet_store::ActorRecord;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::actor::asker::Asker;
use crate::actor::call::{
    Call, CallError, Caller, Connect, Frame, Incoming, Message, RawError, Reply, Request, Ticket,
};
use crate::actor::calls::Waiting;
use crate::actor::end::close;
use crate::actor::exchange::{RawRequest, RawResponse};
use crate::actor::link::{End, Link};
use crate::actor::live::{ActorSpecifier, Handle};
use crate::actor::outlet::Outlet;
use crate::actor::supervisor::{Supervisor, dropped, overloaded};
use crate::actor::task::timed_out;

/// An instance may end between being found and being written to. It cannot do so for ever.
const TRIES: usize = 8;

impl Supervisor {
    /// Calls an action of an actor, or sends its queue a message, starting the actor if it does not run, and waits for the
    /// answer: the output, or the response if the sender waits for one (no bytes for none).
    ///
    /// # Errors
    /// The outer error: no instance could be had. The inner one: the call's own; of a sender that waited in vain
    /// `queue.timed_out`.
    pub async fn call(
        &self,
        id: ActorId,
        work: Work,
        caller: Caller,
    ) -> Result<(ActorSpecifier, Reply), CallError> {
        let handle = self.handle(id)?;
        // Kept until the answer is here: the call may be given up before it is answered.
        let ask = self.wait_for(&caller, &handle, &work)?;
        let (asker, waiting) = Asker::task(ask.as_ref().map(Waiting::shared));
        let call = Call { work, caller, deadline: self.deadline(&handle), asker };
        let specifier = self.post(handle, Message::Call(call))?;
        let reply = waiting.await.unwrap_or_else(|_| Err(dropped().into()));
        Ok((specifier, reply))
    }

    /// Gives an actor a raw HTTP request, starting the actor if it does not run, and waits for the head of the answer.
    ///
    /// # Errors
    /// The outer error: no instance could be had, or none took the request. The inner one: the actor's answer.
    pub async fn request(
        &self,
        id: ActorId,
        request: RawRequest,
    ) -> Result<(ActorSpecifier, Result<Option<RawResponse>, ActorError>), RawError> {
        let handle = match self.handle(id) {
            Ok(handle) => handle,
            Err(CallError::Actor(error)) => return Err(RawError::Actor(error)),
            Err(CallError::Gone) => return Err(RawError::Gone(request)),
        };
        let (answer, waiting) = oneshot::channel();
        let deadline = self.deadline(&handle);
        let posted = self.post(handle, Message::Request(Request { request, deadline, answer }));
        let reply = waiting.await.unwrap_or_else(|_| Err(RawError::Actor(dropped())));
        match (posted, reply) {
            (_, Err(RawError::Gone(request))) => Err(RawError::Gone(request)),
            (Ok(specifier), Err(RawError::Actor(error))) => Ok((specifier, Err(error))),
            (Ok(specifier), Ok(response)) => Ok((specifier, Ok(response))),
            (Err(CallError::Actor(error)), _) => Err(RawError::Actor(error)),
            (Err(CallError::Gone), _) => Err(RawError::Actor(dropped())),
        }
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
        let (connection, uuid) = (self.next_connection(), uuid());
        let outlet = Arc::new(Outlet::new(self.shared.outlet_bytes.clone()));
        let sockets = Some(self.shared.sockets.of(id));
        let places = Arc::new(Semaphore::new(limits::CONNECTION_CALLS));
        let end =
            End { supervisor: self.clone(), actor: id, connection, outlet: outlet.clone(), places, sockets };
        // After the end, so that when this is cancelled the actor cannot let in what nobody waits for any more.
        let (answer, waiting) = oneshot::channel();
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

    /// Gives an actor what came through a socket. Waits while its mailbox is full, or while the connection has as much
    /// unanswered as it may, as whoever sends through the socket then has to.
    pub(super) async fn deliver(&self, from: &End, incoming: Incoming) {
        let (connection, outlet, deadline) = (from.connection, from.outlet.clone(), Duration::ZERO);
        let (handled, waiting) = oneshot::channel();
        // One message of a raw WebSocket at a time: what the guest has not dealt with waits with its client.
        let waits = matches!(incoming, Incoming::Message(_) | Incoming::Closed(_));
        let place = match incoming {
            // The end of a connection must not wait for what it has begun.
            Incoming::Closed(_) => None,
            // The semaphore is never closed.
            _ => from.places.clone().acquire_owned().await.ok(),
        };
        let ticket = Ticket { _handled: handled, _place: place };
        let frame = Message::Frame(Frame { connection, outlet, deadline, incoming, ticket });
        // A failure has reached whoever waits for an answer already.
        let _failed = self.post_patiently(from.actor, frame).await;
        if waits {
            // Whoever is done with the frame says so by dropping it.
            let _handled = waiting.await;
        }
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
            match handle.mailbox.send(Box::new(message)).await {
                Ok(()) => return Ok(handle.specifier),
                Err(mpsc::error::SendError(returned)) => message = *returned,
            }
        }
        message.end(dropped().into());
        Err(dropped().into())
    }

    /// An id for a connection: not used before, not by an earlier run of the host either, and exact as a JavaScript number.
    pub(super) fn next_connection(&self) -> ConnectionId {
        self.shared.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// When a caller gives up that calls an actor now.
    pub(super) fn deadline(&self, handle: &Handle) -> Duration {
        self.shared.clock.monotonic() + Duration::from_millis(handle.action_timeout_ms)
    }

    /// Gives what an instance that ends was sent to the actor's next instance, in order and before anything else.
    pub(super) fn hand_over(&self, record: &ActorRecord, mailbox: &mut mpsc::Receiver<Box<Message>>) {
        let now = self.shared.clock.monotonic();
        self.shared.live.hand_over(record, || {
            let mut left = close(mailbox);
            // Else calls could go from one failing instance to the next for ever.
            for late in left.extract_if(.., |message| message.deadline().is_some_and(|at| at <= now)) {
                late.end(timed_out().into());
            }
            // It sleeps, or has no instance any more, as they asked.
            for asleep in left.extract_if(.., |message| matches!(message, Message::Sleep(_) | Message::Press))
            {
                if let Message::Sleep(done) = asleep {
                    let _gone = done.send(Ok(Bytes::new()));
                }
            }
            if left.is_empty() {
                return None;
            }
            let started = self.start(record, &mut left);
            started.map_err(|error| left.into_iter().for_each(|message| message.end(error.clone()))).ok()
        });
    }

    /// Puts a message into a mailbox. After an error the message has been ended with it.
    pub(super) fn post(&self, mut handle: Handle, mut message: Message) -> Result<ActorSpecifier, CallError> {
        for _ in 0..TRIES {
            message = match handle.mailbox.try_send(Box::new(message)) {
                Ok(()) => return Ok(handle.specifier),
                Err(mpsc::error::TrySendError::Full(message)) => {
                    let error = CallError::from(overloaded("the actor has too many calls waiting"));
                    message.end(error.clone());
                    return Err(error);
                }
                Err(mpsc::error::TrySendError::Closed(message)) => *message,
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

/// The name of a connection: a UUID of version 4.
pub(super) fn uuid() -> String {
    // The generator of this thread: the one that `uuid` would use asks the operating system each time.
    uuid::Builder::from_random_bytes(rand::random()).into_uuid().to_string()
}
