//! The hooks: methods that the host calls by their names.

use std::ops::RangeInclusive;

use syn::{Error, Result, Signature};

use crate::method::{Method, Receiver};

/// A hook.
pub struct Hook {
    /// Which.
    pub kind: HookKind,
    /// The method that runs it.
    pub method: Method,
}

/// The hooks, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookKind {
    /// `on_migrate`.
    OnMigrate,
    /// `create_state`.
    CreateState,
    /// `on_create`.
    OnCreate,
    /// `on_wake`.
    OnWake,
    /// `on_sleep`.
    OnSleep,
    /// `run`.
    Run,
    /// `workflow`.
    Workflow,
    /// `on_workflow_error`.
    OnWorkflowError,
    /// `on_destroy`.
    OnDestroy,
    /// `on_before_action_response`.
    OnBeforeActionResponse,
    /// `on_before_connect`.
    OnBeforeConnect,
    /// `create_conn_state`.
    CreateConnState,
    /// `on_connect`.
    OnConnect,
    /// `on_disconnect`.
    OnDisconnect,
    /// `can_subscribe`.
    CanSubscribe,
    /// `can_publish`.
    CanPublish,
    /// `on_request`.
    OnRequest,
    /// `on_web_socket`.
    OnWebSocket,
}

impl Hook {
    /// Reads the signature of a hook. Fails when it has another shape than the hook.
    pub fn new(kind: HookKind, signature: &Signature) -> Result<Self> {
        let method = Method::parse(signature)?;
        let Shape { receivers, params, takes_ctx, returns, text } = kind.shape();
        let fits = receivers.contains(&method.receiver)
            && params.contains(&method.params.len())
            && (takes_ctx || method.ctx.is_none())
            && (!returns || method.output.is_some());
        if !fits {
            return Err(Error::new_spanned(signature, format!("this hook is `{text}`")));
        }
        if kind == HookKind::OnMigrate && method.is_async {
            let text = "this hook is a transaction, which ends with its turn: it cannot be `async`";
            return Err(Error::new_spanned(signature.asyncness, text));
        }
        // What is lent to a hook is named with its type.
        let lent = [HookKind::OnBeforeActionResponse, HookKind::Workflow, HookKind::OnWorkflowError];
        if !lent.contains(&kind) {
            method.params.iter().try_for_each(|param| param.must_be_owned())?;
        }
        Ok(Self { kind, method })
    }
}

impl HookKind {
    /// The hook of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "on_migrate" => Self::OnMigrate,
            "create_state" => Self::CreateState,
            "on_create" => Self::OnCreate,
            "on_wake" => Self::OnWake,
            "on_sleep" => Self::OnSleep,
            "run" => Self::Run,
            "workflow" => Self::Workflow,
            "on_workflow_error" => Self::OnWorkflowError,
            "on_destroy" => Self::OnDestroy,
            "on_before_action_response" => Self::OnBeforeActionResponse,
            "on_before_connect" => Self::OnBeforeConnect,
            "create_conn_state" => Self::CreateConnState,
            "on_connect" => Self::OnConnect,
            "on_disconnect" => Self::OnDisconnect,
            "can_subscribe" => Self::CanSubscribe,
            "can_publish" => Self::CanPublish,
            "on_request" => Self::OnRequest,
            "on_web_socket" => Self::OnWebSocket,
            _ => return None,
        })
    }

    fn shape(self) -> Shape {
        match self {
            Self::OnMigrate => Shape::new(NO_ACTOR, 0..=1, "fn on_migrate(ctx: &Ctx, is_new: bool)"),
            Self::CreateState => Shape::new(NO_ACTOR, 0..=1, "fn create_state(ctx: &Ctx, input: T) -> Self"),
            Self::OnCreate => Shape::new(ACTOR, 0..=1, "fn on_create(&mut self, ctx: &Ctx, input: T)"),
            Self::OnWake => Shape::new(ACTOR, 0..=1, "fn on_wake(&mut self, ctx: &Ctx, wake: Wake)"),
            Self::OnSleep => Shape::new(ACTOR, 0..=0, "fn on_sleep(&mut self, ctx: &Ctx)"),
            Self::Run => Shape::new(NO_ACTOR, 0..=1, "async fn run(ctx: &Ctx, this: This<Self>)"),
            Self::Workflow => {
                Shape::new(NO_ACTOR, 1..=1, "async fn workflow(flow: &Workflow<Self>) -> Result<T>")
                    .without_ctx()
            }
            Self::OnWorkflowError => {
                Shape::new(ACTOR, 1..=1, "fn on_workflow_error(&mut self, ctx: &Ctx, error: &WorkflowEvent)")
            }
            Self::OnDestroy => Shape::new(ACTOR, 0..=0, "fn on_destroy(&mut self, ctx: &Ctx)"),
            Self::OnBeforeActionResponse => Shape::new(
                SHARED,
                3..=3,
                "fn on_before_action_response(&self, ctx: &Ctx, action: &str, args: &[Value], output: Value) \
                 -> Value",
            ),
            Self::OnBeforeConnect => {
                Shape::new(SHARED, 0..=1, "fn on_before_connect(&self, ctx: &Ctx, params: T)")
            }
            Self::CreateConnState => {
                Shape::new(SHARED, 0..=1, "fn create_conn_state(&self, ctx: &Ctx, params: T) -> S")
            }
            Self::OnConnect => Shape::new(ACTOR, 1..=1, "fn on_connect(&mut self, ctx: &Ctx, conn: Conn)"),
            Self::OnDisconnect => {
                Shape::new(ACTOR, 1..=1, "fn on_disconnect(&mut self, ctx: &Ctx, conn: Conn)")
            }
            Self::CanSubscribe => {
                Shape::new(SHARED, 1..=1, "fn can_subscribe(&self, ctx: &Ctx, event: String) -> bool")
            }
            Self::CanPublish => {
                Shape::new(SHARED, 1..=1, "fn can_publish(&self, ctx: &Ctx, queue: String) -> bool")
            }
            Self::OnRequest => {
                Shape::new(ACTOR, 1..=1, "fn on_request(&self, ctx: &Ctx, request: Request) -> Response")
            }
            Self::OnWebSocket => Shape::new(
                ACTOR,
                2..=2,
                "fn on_web_socket(&mut self, ctx: &Ctx, socket: WebSocket, event: SocketEvent)",
            ),
        }
    }
}

/// What a hook looks like.
struct Shape {
    receivers: &'static [Receiver],
    /// How many parameters it has beside the context.
    params: RangeInclusive<usize>,
    takes_ctx: bool,
    returns: bool,
    /// How to write it.
    text: &'static str,
}

const NO_ACTOR: &[Receiver] = &[Receiver::None];
const SHARED: &[Receiver] = &[Receiver::Shared];
const ACTOR: &[Receiver] = &[Receiver::Shared, Receiver::Exclusive];

impl Shape {
    fn new(receivers: &'static [Receiver], params: RangeInclusive<usize>, text: &'static str) -> Self {
        Self { receivers, params, takes_ctx: true, returns: text.contains("->"), text }
    }

    fn without_ctx(self) -> Self {
        Self { takes_ctx: false, ..self }
    }
}
