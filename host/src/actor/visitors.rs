//! Connections: letting them in, what comes through them, and taking leave.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{
    ActorError, CloseReason, Connection, ConnectionId, ConnectionKind, Event, EventKind, RequestHead,
    SocketMessage, limits,
};
use rivet_store::WriteSet;
use serde::Serialize;
use uuid::Uuid;

use crate::actor::answers::failed;
use crate::actor::call::{Call, Connect, Frame, Incoming, Request};
use crate::actor::deadlines::Due;
use crate::actor::exchange::Exchange;
use crate::actor::gate::not_saved;
use crate::actor::lifecycle::Happening;
use crate::actor::outlet::Outlet;
use crate::actor::said::{Said, What};
use crate::actor::supervisor::destroyed;
use crate::actor::task::{ActorTask, timed_out};
use crate::actor::waiter::{LetIn, Next, Waiter};

/// A connection with a socket, as the guest sees it: the socket itself may have gone or may go after.
pub(super) struct Visitor {
    pub(super) outlet: Arc<Outlet>,
    pub(super) kind: ConnectionKind,
}

impl ActorTask {
    /// Takes a call over HTTP, through a connection that lives as long as the call.
    pub(super) async fn visit(&mut self, call: Call) {
        if call.deadline <= self.supervisor.shared.clock.monotonic() {
            let _gone = call.answer.send(Err(timed_out().into()));
            return;
        }
        let connection = self.supervisor.next_connection();
        let params = call.caller.params.clone();
        let uuid = Uuid::new_v4().to_string();
        let kind = ConnectionKind::Action;
        self.instance.connect(connection, Connection { uuid, kind, params, state: None, hibernates: false });
        if !self.start.launch.hooks.connect {
            return self.call(connection, call).await;
        }
        let head = (call.caller.head)();
        let deadline = self.after(limits::CONNECT_TIMEOUT_MS).min(call.deadline);
        let waiter = Waiter::Connect { connection, then: LetIn::Call(call) };
        self.take(waiter, deadline, |id| connect_event(id, connection, kind, &head)).await;
    }

    /// Runs an action of a connection over HTTP that was let in.
    pub(super) async fn call(&mut self, connection: ConnectionId, call: Call) {
        let Call { action, args, deadline, answer, .. } = call;
        let waiter = Waiter::Caller { action: action.clone(), connection, answer };
        self.take(waiter, deadline, |id| Event {
            connection,
            name: action,
            payload: args,
            ..Event::bare(EventKind::Action, id)
        })
        .await;
    }

    /// Lets a socket in, or not.
    pub(super) async fn connect(&mut self, connect: Connect) {
        let Connect { connection, uuid, kind, caller, outlet, answer } = connect;
        let hooks = self.start.launch.hooks;
        let raw = kind == ConnectionKind::WebSocket;
        if raw && !hooks.message {
            let error = ActorError::actor("not_configured", "the actor takes no raw WebSockets");
            let _gone = answer.send(Err(error.into()));
            return;
        }
        if answer.is_closed() {
            return;
        }
        let hibernates = !raw || self.start.launch.hibernates_web_sockets;
        let (params, state) = (caller.params.clone(), None);
        self.instance.connect(connection, Connection { uuid, kind, params, state, hibernates });
        self.sockets.open(connection, outlet.clone(), hibernates);
        self.visitors.insert(connection, Visitor { outlet, kind });
        if hooks.connect || raw {
            let deadline = self.after(limits::CONNECT_TIMEOUT_MS);
            let waiter = Waiter::Connect { connection, then: LetIn::Socket { answer, closed: None } };
            let head = (caller.head)();
            self.take(waiter, deadline, |id| connect_event(id, connection, kind, &head)).await;
            return;
        }
        let writes = self.instance.accept(connection);
        self.save(writes, vec![Said::new(What::LetIn(answer))]).await;
    }

    /// Takes what came through a socket. Of a connection that has ended meanwhile it means nothing.
    pub(super) async fn frame(&mut self, frame: Frame) {
        let Frame { connection, outlet, deadline, incoming } = frame;
        if !self.visitors.contains_key(&connection) {
            return;
        }
        match incoming {
            Incoming::Action { id, name, args } => {
                let waiter = Waiter::Frame { action: name.clone(), outlet, id };
                self.take(waiter, deadline, |id| Event {
                    connection,
                    name,
                    payload: args,
                    ..Event::bare(EventKind::Action, id)
                })
                .await;
            }
            Incoming::Subscribe { event, subscribe: true } => self.subscribe(connection, event).await,
            Incoming::Subscribe { event, subscribe: false } => self.sockets.unsubscribe(connection, &event),
            Incoming::Message(message) => {
                let (name, payload) = match message {
                    SocketMessage::Text(text) => ("text", Bytes::from(text)),
                    SocketMessage::Binary(data) => ("binary", data),
                };
                let event = Event::bare(EventKind::Message, 0);
                self.turn(Event { connection, name: name.to_owned(), payload, ..event }).await;
            }
            Incoming::Closed(reason) => self.closed(connection, reason).await,
        }
    }

    async fn subscribe(&mut self, connection: ConnectionId, event: String) {
        if self.start.launch.hooks.subscribe {
            let deadline = self.after(limits::CONNECT_TIMEOUT_MS);
            let waiter = Waiter::Subscribe { connection, event: event.clone() };
            self.take(waiter, deadline, |id| Event {
                connection,
                name: event,
                ..Event::bare(EventKind::Subscribe, id)
            })
            .await;
            return;
        }
        if let Err(error) = self.sockets.subscribe(connection, event) {
            let said = self.dismiss(connection, failed(&error));
            self.save(WriteSet::new(), said.into_iter().collect()).await;
        }
    }

    async fn closed(&mut self, connection: ConnectionId, reason: CloseReason) {
        self.sockets.close(connection);
        let entering = self.calls.values_mut().find_map(|waiter| match waiter {
            Waiter::Connect { connection: c, then: LetIn::Socket { closed, .. } } if *c == connection => {
                Some(closed)
            }
            _ => None,
        });
        match entering {
            Some(closed) => *closed = Some(reason),
            None => self.take_leave(connection, reason).await,
        }
    }

    /// Takes a raw HTTP request.
    pub(super) async fn request(&mut self, request: Request) {
        let Request { request, deadline, answer } = request;
        if !self.start.launch.hooks.request {
            let _gone = answer.send(Ok(None));
            return;
        }
        let payload = cbor(&request.head);
        let waiter = Waiter::Request(Exchange::new(answer, request.body));
        let id =
            self.take(waiter, deadline, |id| Event { payload, ..Event::bare(EventKind::Request, id) }).await;
        // With the head of the answer the waiting is over, however long the body takes.
        if self.raw(id).is_some_and(|exchange| exchange.answer.is_none()) {
            self.deadlines.clear(Due::Call(id));
        }
    }

    /// Closes a socket from this side; the guest takes leave of it after this turn. None if it is on its way already.
    pub(super) fn dismiss(&mut self, connection: ConnectionId, reason: CloseReason) -> Option<Said> {
        let outlet = self.visitors.get(&connection)?.outlet.clone();
        let again = self.agenda.iter().any(|next| matches!(next, Next::Leave(c, _) if *c == connection));
        if !again {
            self.agenda.push_back(Next::Leave(connection, reason.clone()));
        }
        Some(Said::new(What::Close { sockets: self.sockets.clone(), connection, outlet, reason }))
    }

    /// Closes all sockets, oldest first: the actor is to be destroyed.
    pub(super) async fn dismiss_all(&mut self) {
        let mut visitors: Vec<_> = self.visitors.keys().copied().collect();
        visitors.sort_unstable();
        let said =
            visitors.into_iter().filter_map(|connection| self.dismiss(connection, destroyed())).collect();
        self.save(WriteSet::new(), said).await;
    }

    /// Lets the guest take leave of a connection, if it wants to.
    pub(super) async fn take_leave(&mut self, connection: ConnectionId, reason: CloseReason) {
        let kind = self.visitors.remove(&connection).map_or(ConnectionKind::Action, |visitor| visitor.kind);
        self.take_leave_of(connection, kind, reason).await;
    }

    /// Takes leave of a connection whose socket was lost with the host that had it. It is never in the guest's list.
    pub(super) async fn mourn(&mut self, id: ConnectionId, connection: Connection) {
        let kind = connection.kind;
        self.instance.connect(id, connection);
        self.take_leave_of(id, kind, CloseReason { code: 1006, reason: String::new() }).await;
    }

    async fn take_leave_of(&mut self, connection: ConnectionId, kind: ConnectionKind, reason: CloseReason) {
        let hooks = self.start.launch.hooks;
        let takes_leave = hooks.disconnect || (hooks.message && kind == ConnectionKind::WebSocket);
        if !takes_leave {
            let writes = self.instance.forget(connection);
            return self.save(writes, Vec::new()).await;
        }
        let (deadline, payload) = (self.after(limits::CONNECT_TIMEOUT_MS), cbor(&reason));
        self.take(Waiter::Disconnect, deadline, |id| Event {
            connection,
            payload,
            ..Event::bare(EventKind::Disconnect, id)
        })
        .await;
    }

    /// Passes the gate with what is no turn of the guest's.
    async fn save(&mut self, writes: WriteSet, said: Vec<Said>) {
        if let Err(error) = self.gate.pass(writes, said).await {
            tracing::error!(actor = %self.start.record.id, "a connection could not be saved: {error}");
            self.failure = Some(not_saved(error));
            self.happen(Happening::Crashed);
        }
    }
}

fn connect_event(id: u64, connection: ConnectionId, kind: ConnectionKind, head: &RequestHead) -> Event {
    let (name, payload) = (kind.name().to_owned(), cbor(head));
    Event { connection, name, payload, ..Event::bare(EventKind::Connect, id) }
}

/// How the connection of a call over HTTP ends.
pub(super) fn goodbye() -> CloseReason {
    CloseReason { code: 1000, reason: String::new() }
}

/// Texts and numbers always encode.
fn cbor(value: &impl Serialize) -> Bytes {
    serde_cbor::to_vec(value).unwrap_or_default().into()
}
