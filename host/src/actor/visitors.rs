//! Connections: letting them in, what comes through them, and taking leave.

use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{
    ActorError, CloseReason, Connection, ConnectionId, ConnectionKind, Event, EventKind, RequestHead,
    SocketMessage, Work, limits,
};
use rivet_store::WriteSet;
use serde::Serialize;

use crate::actor::answers::failed;
use crate::actor::call::{Call, Connect, Frame, Incoming, RawError, Request, Ticket};
use crate::actor::delivery::uuid;
use crate::actor::exchange::Exchange;
use crate::actor::gate::not_saved;
use crate::actor::lifecycle::Happening;
use crate::actor::outlet::Outlet;
use crate::actor::said::{Said, What};
use crate::actor::supervisor::{destroyed, overloaded};
use crate::actor::task::{ActorTask, timed_out};
use crate::actor::waiter::{LetIn, Next, Waiter};

/// A connection with a socket, as the guest sees it: the socket itself may have gone or may go after.
pub(super) struct Visitor {
    pub(super) outlet: Arc<Outlet>,
    pub(super) kind: ConnectionKind,
    pub(super) hibernates: bool,
    pub(super) stage: Stage,
}

/// How far a visitor is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its `connect` is not answered yet.
    Entering,
    /// It was let in.
    In,
    /// The guest has sent it away, and takes leave of it next.
    Leaving,
}

impl ActorTask {
    /// Takes a call over HTTP, through a connection that lives as long as the call.
    pub(super) async fn visit(&mut self, call: Call) {
        if self.is_past(call.deadline) {
            return call.asker.answer(Err(timed_out().into()));
        }
        let connection = self.supervisor.next_connection();
        let params = call.caller.params.clone();
        let uuid = uuid();
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

    /// Does what a connection over HTTP is for, which was let in.
    pub(super) async fn call(&mut self, connection: ConnectionId, call: Call) {
        match call.work.clone() {
            Work::Action { name, args } => {
                let Call { deadline, asker, .. } = call;
                let waiter = Waiter::Caller { action: name.clone(), connection, asker };
                self.take(waiter, deadline, |id| Event {
                    connection,
                    name,
                    payload: args,
                    ..Event::bare(EventKind::Action, id)
                })
                .await;
            }
            Work::Publish(publish) => self.publish(connection, call, publish).await,
        }
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
        let hibernates = !raw || self.start.launch.hibernates_web_sockets;
        let (params, state) = (caller.params.clone(), None);
        self.instance.connect(connection, Connection { uuid, kind, params, state, hibernates });
        self.sockets.open(connection, outlet.clone());
        // Looked at after the socket is open: who is gone by now did not find it, and so will not tell of its end.
        if answer.is_closed() {
            self.sockets.close(connection);
            return drop(self.instance.forget(connection));
        }
        let asks = hooks.connect || raw;
        let stage = if asks { Stage::Entering } else { Stage::In };
        self.visitors.insert(connection, Visitor { outlet, kind, hibernates, stage });
        if asks {
            let deadline = self.after(limits::CONNECT_TIMEOUT_MS);
            let waiter = Waiter::Connect { connection, then: LetIn::Socket { answer, closed: None } };
            let head = (caller.head)();
            return self.take(waiter, deadline, |id| connect_event(id, connection, kind, &head)).await;
        }
        let writes = self.instance.accept(connection);
        self.save(writes, vec![Said::new(What::LetIn(answer, Ok(())))]).await;
    }

    /// A socket was let in, and perhaps has ended meanwhile.
    pub(super) fn entered(&mut self, connection: ConnectionId, closed: Option<CloseReason>) {
        let Some(visitor) = self.visitors.get_mut(&connection) else { return };
        visitor.stage = Stage::In;
        if let Some(reason) = closed {
            visitor.stage = Stage::Leaving;
            self.agenda.push_back(Next::Leave(connection, reason));
        }
    }

    /// Takes what came through a socket. Of a connection that has ended meanwhile it means nothing.
    pub(super) async fn frame(&mut self, frame: Frame) {
        let Frame { connection, outlet, deadline, incoming, ticket } = frame;
        if self.visitors.get(&connection).is_none_or(|visitor| visitor.stage == Stage::Leaving) {
            return;
        }
        match incoming {
            Incoming::Action { id, .. } if self.is_past(deadline) => {
                let outcome = Err(timed_out());
                self.save(WriteSet::new(), vec![Said::new(What::Frame { outlet, id, outcome })]).await;
            }
            Incoming::Action { id, name, args } => {
                let waiter = Waiter::Frame { action: name.clone(), outlet, id, _ticket: ticket };
                self.take(waiter, deadline, |id| Event {
                    connection,
                    name,
                    payload: args,
                    ..Event::bare(EventKind::Action, id)
                })
                .await;
            }
            Incoming::Subscribe { event, subscribe: true } => {
                self.subscribe(connection, event, outlet, ticket).await;
            }
            Incoming::Subscribe { event, subscribe: false } => self.unsubscribe(connection, &event),
            Incoming::Message(message) => {
                let (name, payload) = match message {
                    SocketMessage::Text(text) => ("text", Bytes::from(text)),
                    SocketMessage::Binary(data) => ("binary", data),
                };
                self.take(Waiter::Message { _ticket: ticket }, deadline, |id| Event {
                    connection,
                    name: name.to_owned(),
                    payload,
                    ..Event::bare(EventKind::Message, id)
                })
                .await;
            }
            Incoming::Closed(reason) => self.closed(connection, reason).await,
        }
    }

    async fn subscribe(
        &mut self,
        connection: ConnectionId,
        event: String,
        outlet: Arc<Outlet>,
        ticket: Ticket,
    ) {
        if self.start.launch.hooks.subscribe {
            let deadline = self.after(limits::CONNECT_TIMEOUT_MS);
            let name = event.clone();
            let waiter = Waiter::Subscribe { connection, event, outlet, withdrawn: false, _ticket: ticket };
            self.take(waiter, deadline, |id| Event {
                connection,
                name,
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

    fn unsubscribe(&mut self, from: ConnectionId, name: &str) {
        self.sockets.unsubscribe(from, name);
        // It may still wait for leave to listen.
        let asking = if self.start.launch.hooks.subscribe { self.calls.values_mut() } else { return };
        for waiter in asking {
            if let Waiter::Subscribe { connection, event, withdrawn, .. } = waiter
                && *connection == from
                && event == name
            {
                *withdrawn = true;
            }
        }
    }

    async fn closed(&mut self, connection: ConnectionId, reason: CloseReason) {
        self.sockets.close(connection);
        if !self.close_entering(connection, &reason) {
            self.take_leave(connection, reason).await;
        }
    }

    /// Remembers that a socket has ended that is not let in yet: nothing follows if it is refused.
    fn close_entering(&mut self, connection: ConnectionId, reason: &CloseReason) -> bool {
        if self.visitors.get(&connection).is_none_or(|visitor| visitor.stage != Stage::Entering) {
            return false;
        }
        let closed = self.calls.values_mut().find_map(|waiter| match waiter {
            Waiter::Connect { connection: c, then: LetIn::Socket { closed, .. } } if *c == connection => {
                Some(closed)
            }
            _ => None,
        });
        if let Some(closed) = closed {
            closed.get_or_insert_with(|| reason.clone());
        }
        true
    }

    /// Takes a raw HTTP request.
    pub(super) async fn request(&mut self, request: Request) {
        let Request { request, deadline, answer } = request;
        if !self.start.launch.hooks.request {
            let _gone = answer.send(Ok(None));
            return;
        }
        if self.raw_answers >= limits::RAW_ANSWERS {
            let error = overloaded("the actor has too many raw answers under way");
            let _gone = answer.send(Err(RawError::Actor(error)));
            return;
        }
        if self.is_past(deadline) {
            let _gone = answer.send(Err(RawError::Actor(timed_out())));
            return;
        }
        let payload = cbor(&request.head);
        let waiter = Waiter::Request(Exchange::new(answer, request.body));
        self.take(waiter, deadline, |id| Event { payload, ..Event::bare(EventKind::Request, id) }).await;
    }

    /// Closes a socket from this side; the guest takes leave of it after this turn. None if it is on its way already.
    pub(super) fn dismiss(&mut self, connection: ConnectionId, reason: CloseReason) -> Option<Said> {
        let outlet = self.visitors.get(&connection)?.outlet.clone();
        if !self.close_entering(connection, &reason) {
            let visitor = self.visitors.get_mut(&connection).filter(|visitor| visitor.stage == Stage::In)?;
            visitor.stage = Stage::Leaving;
            self.agenda.push_back(Next::Leave(connection, reason.clone()));
        }
        Some(Said::new(What::Close { sockets: self.sockets.clone(), connection, outlet, reason }))
    }

    /// The call that a connection was for is over.
    pub(super) fn hang_up(&mut self, connection: ConnectionId) {
        if self.start.launch.hooks.disconnect {
            self.agenda.push_back(Next::HangUp(connection));
        } else {
            // It has no row whose removal would have to be saved.
            drop(self.instance.forget(connection));
        }
    }

    /// Closes all sockets, oldest first: the actor is to be destroyed.
    pub(super) async fn dismiss_all(&mut self) {
        let mut visitors: Vec<_> = self.visitors.keys().copied().collect();
        visitors.sort_unstable();
        let said =
            visitors.into_iter().filter_map(|connection| self.dismiss(connection, destroyed())).collect();
        self.save(WriteSet::new(), said).await;
    }

    /// Takes leave of a connection with a socket, once.
    pub(super) async fn take_leave(&mut self, connection: ConnectionId, reason: CloseReason) {
        if let Some(visitor) = self.visitors.remove(&connection) {
            self.take_leave_of(connection, visitor.kind, reason).await;
        }
    }

    /// Takes leave of a connection whose socket was lost with the host that had it. It is never in the guest's list.
    pub(super) async fn mourn(&mut self, id: ConnectionId, connection: Connection) {
        let kind = connection.kind;
        self.instance.connect(id, connection);
        self.take_leave_of(id, kind, CloseReason { code: 1006, reason: String::new() }).await;
    }

    /// Lets the guest take leave of a connection, if it wants to.
    pub(super) async fn take_leave_of(
        &mut self,
        connection: ConnectionId,
        kind: ConnectionKind,
        reason: CloseReason,
    ) {
        let hooks = self.start.launch.hooks;
        let takes_leave = hooks.disconnect || (hooks.message && kind == ConnectionKind::WebSocket);
        if !takes_leave {
            let writes = self.instance.forget(connection);
            return self.save(writes, Vec::new()).await;
        }
        // Nobody waits for it; but what the guest remembers of the connection does not stay for ever.
        let (deadline, payload) = (self.after(limits::ACTION_TIMEOUT_MS), cbor(&reason));
        self.take(Waiter::Disconnect, deadline, |id| Event {
            connection,
            payload,
            ..Event::bare(EventKind::Disconnect, id)
        })
        .await;
    }

    /// Passes the gate with what is no turn of the guest's.
    pub(super) async fn save(&mut self, writes: WriteSet, said: Vec<Said>) {
        if let Err(error) = self.gate.pass(writes, said).await {
            tracing::error!(actor = %self.start.record.id, "a connection could not be saved: {error}");
            self.failure = Some(not_saved(error));
            self.happen(Happening::Crashed);
        }
    }
}

/// How the connection of a call over HTTP ends.
pub(super) fn goodbye() -> CloseReason {
    CloseReason { code: 1000, reason: String::new() }
}

fn connect_event(id: u64, connection: ConnectionId, kind: ConnectionKind, head: &RequestHead) -> Event {
    let (name, payload) = (kind.name().to_owned(), cbor(head));
    Event { connection, name, payload, ..Event::bare(EventKind::Connect, id) }
}

/// Texts and numbers always encode.
fn cbor(value: &impl Serialize) -> Bytes {
    serde_cbor::to_vec(value).unwrap_or_default().into()
}
