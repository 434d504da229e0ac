//! What an action is given beside its arguments.

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;

use crate::hold::Hold;
use crate::host::{identity, lifecycle};
use crate::operation::Sleep;
use crate::{
    Aborted, Client, Conn, Cron, Error, Event, Fetch, Fetched, Kv, Log, Queue, RequestHead, Result, Schedule,
    Sql, Wake, conn, dispatch, event, executor, wake,
};

/// The actor's surroundings: who it is, who talks to it, its data, its life. A first parameter `ctx: &Ctx`
/// asks for it.
#[derive(Clone, Debug)]
pub struct Ctx {
    conn: Option<Conn>,
    request: Option<Rc<RequestHead>>,
}

impl Ctx {
    pub(crate) fn new(conn: Option<Conn>, request: Option<Rc<RequestHead>>) -> Self {
        Self { conn, request }
    }

    /// Who calls: the connection that an action came through, or that a hook is about. `None` in the other
    /// hooks.
    pub fn conn(&self) -> Option<Conn> {
        self.conn
    }

    /// All connections, oldest first: from its `on_connect` on, until its `on_disconnect`.
    pub fn conns(&self) -> Vec<Conn> {
        conn::all()
    }

    /// What a connection began with, in `on_before_connect`, `create_conn_state`, `on_connect` and
    /// [`crate::SocketEvent::Open`]; in `on_request` the head of that. `None` elsewhere.
    pub fn request(&self) -> Option<&RequestHead> {
        self.request.as_deref()
    }

    /// Tells everybody who has subscribed to an event of it, once this turn is durable, and before any answer
    /// that is given later. An actor may broadcast what it has not declared.
    ///
    /// Fails with `message.outgoing_too_long` past 1 MiB.
    pub fn broadcast<E: Event>(&self, event: &E) -> Result<()> {
        event::broadcast(event)
    }

    /// The same for an event whose name is known only at run time. The arguments are a tuple, an array or a
    /// `Vec`.
    pub fn broadcast_named<T: Serialize>(&self, name: &str, args: &T) -> Result<()> {
        event::broadcast_named(name, args)
    }

    /// The actor's id: unique over all actors, never reused.
    pub fn actor_id(&self) -> String {
        identity::actor_id()
    }

    /// The actor's name: the one that its `#[actor]` block gives.
    pub fn name(&self) -> String {
        identity::name()
    }

    /// The actor's key: its components, possibly none.
    pub fn key(&self) -> Vec<String> {
        identity::key()
    }

    /// The namespace that the actor lives in.
    pub fn namespace(&self) -> String {
        identity::namespace()
    }

    /// How many times the actor was started, woken from sleep or not, this time included. A time in which nothing became
    /// durable may not count.
    pub fn generation(&self) -> u64 {
        identity::generation()
    }

    /// Wall clock at the start of this turn, in milliseconds since the Unix epoch. It stands still
    /// until the next await that waits.
    pub fn now_ms(&self) -> u64 {
        dispatch::now_ms()
    }

    /// The actor's durable key-value data.
    pub fn kv(&self) -> Kv {
        Kv::new()
    }

    /// Other actors.
    pub fn client(&self) -> Client {
        Client::new()
    }

    /// The actor's durable queue.
    pub fn queue(&self) -> Queue {
        Queue::new()
    }

    /// Actions that the actor is to run at a time, once each.
    pub fn schedule(&self) -> Schedule {
        Schedule::new()
    }

    /// Actions that the actor is to run again and again.
    pub fn cron(&self) -> Cron {
        Cron::new()
    }

    /// The actor's SQL database.
    pub fn sql(&self) -> Sql {
        Sql::new()
    }

    /// The host's log.
    pub fn log(&self) -> Log {
        Log::new()
    }

    /// Waits for this long, rounded up to milliseconds. Dropping the future stops the timer. A timer lives
    /// in memory: a panic, or a host that is killed, ends the wait and its action. It does not wake an actor that
    /// sleeps; if its time came meanwhile, it ends when the actor wakes. What must happen at a time is for [`Ctx::schedule`].
    ///
    /// Fails with `actor.overloaded` when too many operations are pending.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(duration)
    }

    /// Makes an HTTP request to the outside, and waits for its answer, whatever status that has. It leaves when this turn is durable, so
    /// never for a turn that panics, and is given up when the future is dropped. The operator of the host says which hosts
    /// may be reached.
    ///
    /// Fails with the group `fetch`: `denied`, `private_address`, `invalid_url`, `invalid_request`, `timed_out`,
    /// `body_too_large`, `too_many_redirects`, `failed`; with `actor.overloaded` when too much is under way; and with
    /// `actor.aborted` when the actor slept meanwhile: then it is not known whether the request was answered.
    pub fn fetch(&self, request: Fetch) -> impl Future<Output = Result<Fetched>> + use<> {
        request.send()
    }

    /// Runs a future beside the actions. It has no access to the state, and it ends with the instance.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        executor::spawn(future);
    }

    /// Runs a future during which the actor does not fall asleep by itself; when it is told to, it waits for it.
    ///
    /// Fails with `actor.overloaded` when too many things hold the actor up.
    pub async fn keep_awake<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        let _held = Hold::keep_awake()?;
        Ok(future.await)
    }

    /// Runs a future beside the actions which may go on while the actor is going to sleep, and is waited for then, up to
    /// the `sleep_grace_period_ms` of the actor.
    ///
    /// Fails with `actor.overloaded` when too many things hold the actor up.
    pub fn wait_until(&self, future: impl Future<Output = ()> + 'static) -> Result<()> {
        let held = Hold::wait_until()?;
        executor::spawn(async move {
            future.await;
            drop(held);
        });
        Ok(())
    }

    /// Asks for sleep now. The turn goes on and commits; afterwards `on_sleep` runs, and the next call wakes the actor, with
    /// its memory as it was.
    ///
    /// Fails with `actor.starting` before the start is answered, with `actor.stopping` once asked for.
    pub fn request_sleep(&self) -> Result<()> {
        lifecycle::sleep().map_err(Error::from)
    }

    /// Starts or wakes the actor at a time, in milliseconds since the Unix epoch, if it is not awake then; `None` takes it back. There
    /// is one such time, durable with the turn, and it stays when it has passed: an actor with a time in the past is started again
    /// by itself, whatever ended it. A `run` that only waits, for messages and for what ends no sooner, may sleep until then.
    pub fn wake_at(&self, time_ms: Option<u64>) -> Result<()> {
        lifecycle::wake_at(time_ms).map_err(Error::from)
    }

    /// How the actor came to be awake.
    pub fn wake(&self) -> Wake {
        wake::wake()
    }

    /// Whether the actor is to sleep or is being destroyed: what is waited for should come to an end.
    pub fn is_aborted(&self) -> bool {
        wake::is_aborted()
    }

    /// Waits until the actor is to sleep or is being destroyed.
    pub fn aborted(&self) -> Aborted {
        Aborted::default()
    }

    /// Asks for the end of this actor and all of its data. The turn goes on and commits; afterwards
    /// `on_destroy` runs and everything is removed.
    ///
    /// Fails with `actor.starting` before the start is answered, with `actor.stopping` once asked for.
    pub fn destroy(&self) -> Result<()> {
        lifecycle::destroy().map_err(Error::from)
    }
}
