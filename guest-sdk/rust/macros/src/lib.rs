//! The macro of `rivet-guest`, which re-exports it.

mod awaits;
mod case;
mod event;
mod expand;
mod hook;
mod manifest;
mod method;
mod options;
mod parse;

use proc_macro::TokenStream;

/// Makes a struct an actor, whose actions are the `pub` methods of the block.
///
/// ```ignore
/// #[actor(
///     name = "counter", display_name = "Counter", icon = "🔢", action_timeout_ms = 5_000, events(NewCount),
/// )]
/// impl Counter {
///     pub fn increment(&mut self, ctx: &Ctx, amount: Option<i64>) -> i64 { .. }
///     pub async fn total(&self) -> Result<i64> { .. }
/// }
/// ```
///
/// All options may be left out; the name is then that of the struct in kebab-case.
///
/// # Actions
/// - The name on the wire is the method's in camelCase; `#[action(name = "math.add")]` gives another one,
///   and makes a method without `pub` an action too.
/// - `&mut self` has the actor for itself until it returns, across awaits as well. `&self` shares it with
///   other `&self` actions.
/// - A first parameter `ctx: &Ctx` is the context. The others are arguments, each `DeserializeOwned`;
///   an `Option` may be left out by the caller.
/// - The output is anything that is `Serialize`, or a `Result` of it. A return type counts as a `Result` when
///   its last name is `Result`.
///
/// # Hooks
/// Known by their names; each may be `async`, take a `ctx: &Ctx` first, and return a `Result`.
/// - `fn on_migrate(ctx, is_new: bool)`: before all others at every start from durable data: makes the tables of the SQL
///   database. A transaction; not `async`.
/// - `fn create_state(ctx, input: T) -> Self`: the state of a new actor. Without it the type's `Default`.
/// - `fn on_create(&mut self, ctx, input: T)`: after that. The input may be left out.
/// - `fn on_wake(&mut self, ctx)`: at every start, after `on_create` at the first.
/// - `async fn run(ctx, this: This<Self>)`: what the actor does by itself; or `async fn workflow(flow: &Workflow<Self>)`, which goes
///   on where it was, and `fn on_workflow_error(&mut self, ctx, error: &WorkflowEvent)`, which is told what goes wrong in it.
/// - `fn on_destroy(&mut self, ctx)`: before everything is removed.
/// - `fn on_before_action_response(&self, ctx, action: &str, args: &[Value], output: Value) -> Value`: may
///   replace what an action returned.
///
/// For those who come from outside; what is not here costs no turn. `on_connect`, `on_disconnect`,
/// `on_request` and `on_web_socket` take `&self` or `&mut self`:
/// - `fn on_before_connect(&self, ctx, params: T)`: lets a connection in, or refuses it with an error.
/// - `fn create_conn_state(&self, ctx, params: T) -> S`: the state of the connection.
/// - `fn on_connect(&mut self, ctx, conn: Conn)`: it is there, or it is refused with an error.
/// - `fn on_disconnect(&mut self, ctx, conn: Conn)`: it is gone.
/// - `fn can_subscribe(&self, ctx, event: String) -> bool`: whether it may hear of an event.
/// - `fn can_publish(&self, ctx, queue: String) -> bool`: whether it may send to a queue.
/// - `fn on_request(&self, ctx, request: Request) -> Response`: answers a raw HTTP request.
/// - `fn on_web_socket(&mut self, ctx, socket: WebSocket, event: SocketEvent)`: takes what a raw WebSocket
///   brings. `can_hibernate_web_socket = true` in the brackets of the block lets these outlive the instance.
///
/// # What is saved when
/// After an exclusive action, and before every `.await` of an `async fn(&mut self)` in this block, the state
/// is serialized; the end of the turn saves it if it changed. So no part of `self` may be borrowed mutably
/// across an await. Awaits inside closures, `async` blocks, macros and functions elsewhere are waits like
/// any other, but save nothing by themselves. A `&self` action never saves: what it changes through a `Cell`
/// in a serialized field is saved with the next exclusive action.
#[proc_macro_attribute]
pub fn actor(options: TokenStream, block: TokenStream) -> TokenStream {
    parse::parse(options.into(), block.into())
        .map_or_else(syn::Error::into_compile_error, |actor| expand::expand(&actor))
        .into()
}

/// Makes a struct an event, which `ctx.broadcast` and `conn.send` take.
///
/// The name on the wire is that of the struct in camelCase, unless `#[event(name = "..")]` gives another one.
/// Unnamed fields are the arguments in their order; a struct with named fields is one argument, an object.
#[proc_macro_derive(Event, attributes(event))]
pub fn event(input: TokenStream) -> TokenStream {
    event::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
