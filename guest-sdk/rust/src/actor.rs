//! The trait behind the `actor` macro.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::args::Args;
use crate::lock::Lock;
use crate::manifest::Manifest;
use crate::{Conn, Ctx, Request, Response, Result, SocketEvent, This, WebSocket, Workflow, WorkflowEvent};

/// An actor: a state that serde can write and read, with actions. Implemented by [`macro@crate::actor`]
/// alone; its items change without notice.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on `impl {Self} {{ .. }}`"
)]
pub trait Actor: Serialize + DeserializeOwned + 'static {
    /// The name that clients use.
    const NAME: &'static str;

    /// The actor's entry in the manifest.
    #[doc(hidden)]
    const MANIFEST: Manifest;

    /// Whether [`Actor::on_migrate`] does anything.
    #[doc(hidden)]
    const HAS_ON_MIGRATE: bool = false;

    /// Whether [`Actor::on_wake`] does anything.
    #[doc(hidden)]
    const HAS_ON_WAKE: bool = false;

    /// Whether [`Actor::on_sleep`] does anything.
    #[doc(hidden)]
    const HAS_ON_SLEEP: bool = false;

    /// Whether [`Actor::on_destroy`] does anything.
    #[doc(hidden)]
    const HAS_ON_DESTROY: bool = false;

    /// Whether [`Actor::on_before_action_response`] does anything.
    #[doc(hidden)]
    const HAS_ON_BEFORE_ACTION_RESPONSE: bool = false;

    /// Whether [`Actor::on_workflow_error`] does anything.
    #[doc(hidden)]
    const HAS_ON_WORKFLOW_ERROR: bool = false;

    /// How an action takes the actor; `None` when there is no such action.
    #[doc(hidden)]
    fn access(action: &str) -> Option<Access>;

    /// Runs an action that takes `&self`.
    #[doc(hidden)]
    fn call_shared(&self, ctx: &Ctx, action: &str, args: &Args) -> impl Future<Output = Result<Vec<u8>>>;

    /// Runs an action that takes `&mut self`.
    #[doc(hidden)]
    fn call_exclusive(
        &mut self,
        ctx: &Ctx,
        action: &str,
        args: &Args,
    ) -> impl Future<Output = Result<Vec<u8>>>;

    /// Runs an action that reaches the actor through `This`.
    #[doc(hidden)]
    fn call_free(
        this: This<Self>,
        ctx: &Ctx,
        action: &str,
        args: &Args,
    ) -> impl Future<Output = Result<Vec<u8>>>;

    /// The hook that brings the SQL database to its newest version.
    #[doc(hidden)]
    fn on_migrate(_ctx: &Ctx, _is_new: bool) -> Result<()> {
        Ok(())
    }

    /// The state of a new actor.
    #[doc(hidden)]
    fn create_state(ctx: &Ctx, input: &[u8]) -> impl Future<Output = Result<Self>>;

    /// The hook for a new actor.
    #[doc(hidden)]
    fn on_create(&mut self, _ctx: &Ctx, _input: &[u8]) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The hook for every start.
    #[doc(hidden)]
    fn on_wake(&mut self, _ctx: &Ctx) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The hook for falling asleep.
    #[doc(hidden)]
    fn on_sleep(&mut self, _ctx: &Ctx) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// What the actor does by itself.
    #[doc(hidden)]
    fn run(_ctx: &Ctx, _this: This<Self>) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// What the actor does by itself, and goes on with whatever ends it meanwhile: the output, encoded.
    #[doc(hidden)]
    fn workflow(_flow: &Workflow<Self>) -> impl Future<Output = Result<Vec<u8>>> {
        async { Ok(vec![]) }
    }

    /// The hook for what goes wrong in a workflow.
    #[doc(hidden)]
    fn on_workflow_error(&mut self, _ctx: &Ctx, _error: &WorkflowEvent) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The hook for the end.
    #[doc(hidden)]
    fn on_destroy(&mut self, _ctx: &Ctx) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The hook between an action and its caller.
    #[doc(hidden)]
    fn on_before_action_response(
        &self,
        _ctx: &Ctx,
        _action: &str,
        _args: &Args,
        output: Vec<u8>,
    ) -> impl Future<Output = Result<Vec<u8>>> {
        async { Ok(output) }
    }

    /// The hook that lets a connection in.
    #[doc(hidden)]
    fn on_before_connect(_lock: &Lock<Self>, _ctx: &Ctx, _params: &[u8]) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The state of a new connection; no bytes are none.
    #[doc(hidden)]
    fn create_conn_state(
        _lock: &Lock<Self>,
        _ctx: &Ctx,
        _params: &[u8],
    ) -> impl Future<Output = Result<Vec<u8>>> {
        async { Ok(vec![]) }
    }

    /// The hook for a new connection.
    #[doc(hidden)]
    fn on_connect(_lock: &Lock<Self>, _ctx: &Ctx, _conn: Conn) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The hook for the end of a connection.
    #[doc(hidden)]
    fn on_disconnect(_lock: &Lock<Self>, _ctx: &Ctx, _conn: Conn) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }

    /// The hook that allows a subscription.
    #[doc(hidden)]
    fn can_subscribe(_lock: &Lock<Self>, _ctx: &Ctx, _event: String) -> impl Future<Output = Result<bool>> {
        async { Ok(true) }
    }

    /// The hook that lets a message into a queue.
    #[doc(hidden)]
    fn can_publish(_lock: &Lock<Self>, _ctx: &Ctx, _queue: String) -> impl Future<Output = Result<bool>> {
        async { Ok(true) }
    }

    /// The hook for raw HTTP requests.
    #[doc(hidden)]
    fn on_request(
        _lock: &Lock<Self>,
        _ctx: &Ctx,
        _request: Request,
    ) -> impl Future<Output = Result<Response>> {
        async { Ok(Response::new(404)) }
    }

    /// The hook for raw WebSockets.
    #[doc(hidden)]
    fn on_web_socket(
        _lock: &Lock<Self>,
        _ctx: &Ctx,
        _socket: WebSocket,
        _event: SocketEvent,
    ) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }
}

/// How an action takes the actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Access {
    /// `&self`.
    Shared,
    /// `&mut self`.
    Exclusive,
    /// `This<Self>`.
    Free,
}
