//! What comes from outside beside calls: connections, raw requests, raw WebSockets.

use std::rc::Rc;

use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::conn::Entering;
use crate::dispatch::{CONNECT, DISCONNECT, MESSAGE, PUBLISH, REQUEST, SUBSCRIBE};
use crate::instance::{Instance, answer};
use crate::manifest::Hooks;
use crate::{Actor, Conn, Ctx, Error, Request, RequestHead, Result, SocketEvent, WebSocket, executor};

impl<A: Actor> Instance<A> {
    const HOOKS: Hooks = A::MANIFEST.hooks;

    /// Begins with an event. What the actor has no hook for is not compiled in, so that its component imports
    /// only what it uses.
    pub(crate) fn take_from_outside(self: Rc<Self>, event: Event) {
        let conn = Conn::new(event.connection);
        match event.kind {
            CONNECT if Self::HOOKS.connect || Self::HOOKS.message => {
                executor::spawn_call(event.id, async move { self.connect(conn, event).await });
            }
            DISCONNECT if Self::HOOKS.disconnect || Self::HOOKS.message => {
                self.answer_with(event.id, async move |this| this.disconnect(conn, &event.payload).await);
            }
            SUBSCRIBE if Self::HOOKS.subscribe => {
                self.answer_with(event.id, async move |this| this.subscribe(conn, event.name).await);
            }
            REQUEST if Self::HOOKS.request => executor::spawn_call(event.id, async move {
                if let Err(error) = self.request(event.id, &event.payload).await {
                    answer(event.id, Err(error));
                }
            }),
            MESSAGE if Self::HOOKS.message => {
                self.answer_with(event.id, async move |this| {
                    this.message(conn, &event.name, event.payload).await;
                    Ok(())
                });
            }
            PUBLISH if Self::HOOKS.publish => {
                self.answer_with(event.id, async move |this| this.publish(conn, event.name).await);
            }
            CONNECT | DISCONNECT | SUBSCRIBE | MESSAGE | PUBLISH => answer(event.id, Ok(vec![])),
            REQUEST => answer(
                event.id,
                Err(Error::new("actor", "not_configured", "There is no on_request.".to_owned())),
            ),
            _ => {}
        }
    }

    async fn connect(&self, conn: Conn, event: Event) {
        let ctx = match head(&event.payload) {
            Ok(head) => Ctx::new(Some(conn), Some(head)),
            Err(error) => return answer(event.id, Err(error)),
        };
        let let_in = if Self::HOOKS.connect { self.let_in(&ctx, conn).await } else { Ok(()) };
        answer(event.id, let_in.map(|()| vec![]));
        // One that was refused is gone now, by the hooks or by the host, which waits for them only so long.
        if Self::HOOKS.message && conn.is_web_socket() {
            self.tell(&ctx, conn, Ok(SocketEvent::Open)).await;
        }
    }

    /// The order of Rivet (semantics.md section 3).
    async fn let_in(&self, ctx: &Ctx, conn: Conn) -> Result<()> {
        let actor = self.started()?;
        let params = conn.encoded_params()?;
        let entering = Entering::new(conn);
        A::on_before_connect(actor, ctx, &params).await?;
        let state = A::create_conn_state(actor, ctx, &params).await?;
        if !state.is_empty() {
            conn.set_encoded_state(&state)?;
        }
        drop(entering);
        A::on_connect(actor, ctx, conn).await
    }

    async fn disconnect(&self, conn: Conn, end: &[u8]) -> Result<()> {
        let ctx = Ctx::new(Some(conn), None);
        if Self::HOOKS.message && conn.is_web_socket() {
            self.tell(&ctx, conn, SocketEvent::close(end)).await;
        }
        A::on_disconnect(self.started()?, &ctx, conn).await
    }

    async fn subscribe(&self, conn: Conn, event: String) -> Result<()> {
        let ctx = Ctx::new(Some(conn), None);
        let forbidden = Error::new("auth", "forbidden", format!("You may not subscribe to `{event}`."));
        let allowed = A::can_subscribe(self.started()?, &ctx, event).await?;
        if allowed { Ok(()) } else { Err(forbidden) }
    }

    async fn publish(&self, conn: Conn, queue: String) -> Result<()> {
        let ctx = Ctx::new(Some(conn), None);
        let forbidden = Error::new("auth", "forbidden", format!("You may not send to the queue `{queue}`."));
        let allowed = A::can_publish(self.started()?, &ctx, queue).await?;
        if allowed { Ok(()) } else { Err(forbidden) }
    }

    async fn request(&self, call: u64, payload: &[u8]) -> Result<()> {
        let head = head(payload)?;
        let ctx = Ctx::new(None, Some(head.clone()));
        // Once the hook has returned, the actor is free: an answer is streamed beside it.
        let response = A::on_request(self.started()?, &ctx, Request::new(call, head)).await?;
        response.send(call).await
    }

    /// The host gives a WebSocket's next message when this one is answered, or when it has waited for that
    /// for as long as for an action. So one of each is here, unless the actor is slower than that.
    async fn message(&self, conn: Conn, kind: &str, payload: Vec<u8>) {
        let ctx = Ctx::new(Some(conn), None);
        self.tell(&ctx, conn, SocketEvent::message(kind, payload)).await;
    }

    /// Runs the hook of raw WebSockets. No error reaches the client as an answer, so it closes the WebSocket.
    async fn tell(&self, ctx: &Ctx, conn: Conn, event: Result<SocketEvent>) {
        let socket = WebSocket::new(conn);
        let outcome = async { A::on_web_socket(self.started()?, ctx, socket, event?).await };
        if let Err(error) = outcome.await {
            socket.fail(&error);
        }
    }
}

fn head(payload: &[u8]) -> Result<Rc<RequestHead>> {
    crate::from_cbor(payload).map(Rc::new)
}
