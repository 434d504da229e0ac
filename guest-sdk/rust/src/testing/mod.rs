//! Runs an actor natively, for unit tests: no wasm, no host, and time that stands still until told.
//!
//! ```
//! # use rivet_guest::{actor, testing::TestActor};
//! # #[derive(Default, serde::Serialize, serde::Deserialize)]
//! # struct Counter { count: i64 }
//! # #[actor]
//! # impl Counter {
//! #     pub fn increment(&mut self, amount: i64) -> i64 { self.count += amount; self.count }
//! # }
//! let mut counter = TestActor::<Counter>::create()?;
//! assert_eq!(counter.call::<i64>("increment", [5])?, 5);
//! # Ok::<(), rivet_guest::Error>(())
//! ```
//!
//! What it leaves out: limits, and the undoing of a turn that panics (a panic fails the test).

pub(crate) mod imports;

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::cbor::NULL;
use crate::dispatch::{self, ACTION, COMPLETION, CREATE, DESTROY, Export, WAKE};
use crate::{Actor, Error, Result};
use imports::{HOST, Host};

/// An actor under test. A thread has one at a time: a new one replaces the one before.
pub struct TestActor<A> {
    last_call: u64,
    actor: PhantomData<A>,
}

/// A call that was sent to a [`TestActor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call(u64);

impl<A: Actor> TestActor<A> {
    /// A new actor without input. Fails when the actor's start does.
    pub fn create() -> Result<Self> {
        Self::start(&[])
    }

    /// A new actor with an input. Fails when the actor's start does.
    pub fn create_with<T: Serialize>(input: T) -> Result<Self> {
        Self::start(&crate::to_cbor(&input)?)
    }

    /// Calls an action with its arguments, an array or a tuple, and takes the answer. Fails when the
    /// action does, and with `actor.action_timed_out` when the action waits for something.
    pub fn call<T: DeserializeOwned>(&mut self, action: &str, args: impl Serialize) -> Result<T> {
        let call = self.send(action, args)?;
        let waits = || Error::new("actor", "action_timed_out", format!("`{action}` waits"));
        self.answer(call).ok_or_else(waits)?
    }

    /// Calls an action and leaves it running.
    pub fn send(&mut self, action: &str, args: impl Serialize) -> Result<Call> {
        let args = crate::to_cbor(&args)?;
        // The empty tuple is written as null.
        let args = if args == [NULL] { vec![] } else { args };
        Ok(self.event(ACTION, action, &args))
    }

    /// The answer to a call, once; `None` while there is none.
    pub fn answer<T: DeserializeOwned>(&mut self, call: Call) -> Option<Result<T>> {
        let answer = HOST.with_borrow_mut(|host| host.answers.remove(&call.0))?;
        let decode = |output: Vec<u8>| crate::from_cbor(if output.is_empty() { &[NULL] } else { &output });
        Some(answer.map_err(Error::from).and_then(decode))
    }

    /// Moves time forward and ends the timers that are due, the earliest first.
    pub fn advance(&mut self, time: Duration) {
        let until_ms = HOST.with_borrow(|host| host.now_ms) + time.as_millis() as u64;
        loop {
            let due = HOST.with_borrow(|host| {
                host.timers
                    .iter()
                    .map(|(id, at_ms)| (*at_ms, *id))
                    .filter(|(at_ms, _)| *at_ms <= until_ms)
                    .min()
            });
            let Some((at_ms, id)) = due else { break };
            HOST.with_borrow_mut(|host| {
                host.now_ms = at_ms;
                host.timers.remove(&id);
            });
            deliver::<A>(COMPLETION, id, "", &[]);
        }
        HOST.with_borrow_mut(|host| host.now_ms = until_ms);
    }

    /// Starts the actor anew from what is durable: its memory is gone.
    pub fn restart(&mut self) -> Result<()> {
        dispatch::clear();
        HOST.with_borrow_mut(|host| {
            host.generation += 1;
            host.timers.clear();
        });
        let call = self.event(WAKE, "", &[]);
        self.answer(call).unwrap_or(Ok(()))
    }

    /// Starts another version of the actor from what is durable. Fails when its start does.
    pub fn upgrade<B: Actor>(self) -> Result<TestActor<B>> {
        let mut actor = TestActor { last_call: self.last_call, actor: PhantomData };
        actor.restart()?;
        Ok(actor)
    }

    /// Runs the actor's end, as the host does after `ctx.destroy()`.
    pub fn destroy(&mut self) -> Result<()> {
        let call = self.event(DESTROY, "", &[]);
        self.answer(call).unwrap_or(Ok(()))
    }

    /// Whether the actor asked for its end.
    pub fn is_destroyed(&self) -> bool {
        HOST.with_borrow(|host| host.destroyed)
    }

    /// The state as it was last saved. Fails when it is of another shape.
    pub fn saved_state<T: DeserializeOwned>(&self) -> Result<T> {
        crate::from_cbor(&HOST.with_borrow(|host| host.state.clone()).unwrap_or(vec![NULL]))
    }

    /// How often the state was saved.
    pub fn state_writes(&self) -> usize {
        HOST.with_borrow(|host| host.state_writes)
    }

    /// The timers that the actor waits for.
    pub fn pending_timers(&self) -> usize {
        HOST.with_borrow(|host| host.timers.len())
    }

    /// The lines that the actor has logged, each after its level: `info: hello`.
    pub fn log(&self) -> Vec<String> {
        HOST.with_borrow(|host| host.log.clone())
    }

    fn start(input: &[u8]) -> Result<Self> {
        dispatch::clear();
        HOST.set(Host { name: A::NAME.to_owned(), generation: 1, ..Host::default() });
        let mut actor = Self { last_call: 0, actor: PhantomData };
        let call = actor.event(CREATE, "", input);
        actor.answer(call).unwrap_or(Ok(()))?;
        Ok(actor)
    }

    fn event(&mut self, kind: u32, name: &str, payload: &[u8]) -> Call {
        self.last_call += 1;
        deliver::<A>(kind, self.last_call, name, payload);
        Call(self.last_call)
    }
}

fn deliver<A: Actor>(kind: u32, id: u64, name: &str, payload: &[u8]) {
    let time_ms = HOST.with_borrow(|host| host.now_ms);
    let event = Event {
        kind,
        id,
        connection: 0,
        name: name.to_owned(),
        payload: payload.to_vec(),
        error: None,
        time_ms,
    };
    dispatch::dispatch(&[Export::of::<A>()], event);
}
