//! What an action is given beside its arguments.

use std::future::Future;
use std::time::Duration;

use crate::host::{identity, lifecycle};
use crate::operation::Sleep;
use crate::{Error, Kv, Log, Result, dispatch, executor};

/// The actor's surroundings: who it is, its data, its life. A first parameter `ctx: &Ctx` asks for it.
#[derive(Clone, Debug)]
pub struct Ctx {
    _private: (),
}

impl Ctx {
    pub(crate) fn new() -> Self {
        Self { _private: () }
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

    /// How many times the actor was started from durable data, this start included.
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

    /// The host's log.
    pub fn log(&self) -> Log {
        Log::new()
    }

    /// Waits for this long, rounded up to milliseconds. Dropping the future stops the timer. A timer lives
    /// in memory: a crash of the host or an upgrade of the component ends the wait and its action.
    ///
    /// Fails with `actor.overloaded` when too many operations are pending.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(duration)
    }

    /// Runs a future beside the actions. It has no access to the state, and it ends with the instance.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        executor::spawn(future);
    }

    /// Asks for the end of this actor and all of its data. The turn goes on and commits; afterwards
    /// `on_destroy` runs and everything is removed.
    ///
    /// Fails with `actor.starting` before the start is answered, with `actor.stopping` once asked for.
    pub fn destroy(&self) -> Result<()> {
        lifecycle::destroy().map_err(Error::from)
    }
}
