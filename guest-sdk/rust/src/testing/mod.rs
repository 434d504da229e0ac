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
//! SQL is there with the feature `test-sql` of this crate: put it among the dev-dependencies.
//!
//! What it leaves out: limits (but those of the records of a workflow), and the undoing of a turn that panics (a panic fails the test). Time stands
//! still, so hooks that wait are out of time at once when they let a connection in or allow a subscription.

mod alarm;
mod ask;
mod conn;
mod http;
pub(crate) mod imports;
mod queue;
mod socket;
mod turn;
mod web;
mod workflow;

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::cbor::NULL;
use crate::conn::WEB_SOCKET;
use crate::dispatch::{self, ACTION, COMPLETION, CREATE, DESTROY, RESUME, RUN, SLEEP, WAKE};
use crate::{Actor, Error, Result};
pub use ask::Ask;
pub use conn::TestConn;
pub use http::TestResponse;
use imports::{HOST, Host};
pub use queue::Sent;
pub use socket::{Frame, TestSocket};
use turn::{deliver, event, knock, let_in, next_call, take_answer};
pub use web::TestFetch;

/// An actor under test. A thread has one at a time: a new one replaces the one before.
pub struct TestActor<A> {
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

    /// A client that connects with these parameters, `()` for none. Fails with the error of a hook that
    /// refuses it.
    pub fn connect(&mut self, params: impl Serialize) -> Result<TestConn<A>> {
        let (number, call) = knock::<A>("connect", "/connect", crate::to_cbor(&params)?)?;
        let_in(call)?;
        Ok(TestConn::new(number))
    }

    /// A raw WebSocket that is opened at a path, with these parameters. Fails with the error of a hook that
    /// refuses it.
    pub fn open_socket(&mut self, path: &str, params: impl Serialize) -> Result<TestSocket<A>> {
        let (number, call) = knock::<A>(WEB_SOCKET, path, crate::to_cbor(&params)?)?;
        let_in(call)?;
        Ok(TestSocket::new(number))
    }

    /// Calls an action over HTTP with its arguments, an array or a tuple, and takes the answer. As with the
    /// host, a connection without parameters lasts as long as the call.
    ///
    /// Fails when the action or a hook does, and with `actor.action_timed_out` when the action waits for
    /// something.
    pub fn call<T: DeserializeOwned>(&mut self, action: &str, args: impl Serialize) -> Result<T> {
        self.call_with((), action, args)
    }

    /// The same with parameters of the connection.
    pub fn call_with<T: DeserializeOwned>(
        &mut self,
        params: impl Serialize,
        action: &str,
        args: impl Serialize,
    ) -> Result<T> {
        let call = self.send_with(params, action, args)?;
        self.answer(call).ok_or_else(|| waits(action))?
    }

    /// Calls an action over HTTP and leaves it running. Fails with the error of a hook that refuses the call.
    pub fn send(&mut self, action: &str, args: impl Serialize) -> Result<Call> {
        self.send_with((), action, args)
    }

    fn send_with(&mut self, params: impl Serialize, action: &str, args: impl Serialize) -> Result<Call> {
        let (number, call) = knock::<A>("action", "/action", crate::to_cbor(&params)?)?;
        let_in(call)?;
        let call = next_call();
        HOST.with_borrow_mut(|host| host.passing.insert(call, number));
        act::<A>(number, call, action, args)
    }

    /// The answer to a call, once; `None` while there is none.
    pub fn answer<T: DeserializeOwned>(&mut self, call: Call) -> Option<Result<T>> {
        let decode = |output: Vec<u8>| crate::from_cbor(if output.is_empty() { &[NULL] } else { &output });
        Some(take_answer(call.0)?.and_then(decode))
    }

    /// Moves time forward, ends the timers and what waits for the queue in vain, and runs the schedules that are due, the
    /// earliest first. A schedule, and [`crate::Ctx::wake_at`], wake an actor that sleeps, and what else was due meanwhile
    /// comes then; the jobs of cron expressions run only by [`TestActor::fire`].
    ///
    /// # Panics
    /// If an actor that sleeps does not wake.
    #[allow(clippy::expect_used, reason = "this fails the test, as it must")]
    pub fn advance(&mut self, time: Duration) {
        let until_ms = HOST.with_borrow(|host| host.now_ms) + time.as_millis() as u64;
        loop {
            let is_awake = HOST.with_borrow(|host| !host.asleep);
            let timer = HOST.with_borrow(|host| {
                host.timers
                    .iter()
                    .map(|(id, at_ms)| (*at_ms, *id))
                    .filter(|(at_ms, _)| is_awake && *at_ms <= until_ms)
                    .min()
            });
            let alarm_ms = self.alarm_ms().filter(|alarm_ms| *alarm_ms <= until_ms);
            let first_ms =
                alarm_ms.into_iter().chain(timer.map(|(at_ms, _)| at_ms)).min().unwrap_or(until_ms);
            if is_awake && self.give_up_late(first_ms) {
                continue;
            }
            if let Some(alarm_ms) =
                alarm_ms.filter(|alarm_ms| timer.is_none_or(|(at_ms, _)| *alarm_ms <= at_ms))
            {
                HOST.with_borrow_mut(|host| host.now_ms = host.now_ms.max(alarm_ms));
                self.fire_due(alarm_ms).expect("the actor wakes for what is due");
                continue;
            }
            let Some((at_ms, id)) = timer else { break };
            self.end_timer(at_ms, id);
        }
        HOST.with_borrow_mut(|host| host.now_ms = until_ms);
    }

    /// Moves time forward to the end of the timer that ends first, and ends this one alone. Whether there was one.
    pub fn step(&mut self) -> bool {
        let first = HOST.with_borrow(|host| host.timers.iter().map(|(id, at_ms)| (*at_ms, *id)).min());
        let Some((at_ms, id)) = first else { return false };
        self.end_timer(at_ms, id);
        true
    }

    fn end_timer(&mut self, at_ms: u64, id: u64) {
        HOST.with_borrow_mut(|host| {
            host.now_ms = host.now_ms.max(at_ms);
            host.timers.remove(&id);
        });
        deliver::<A>(event(COMPLETION, id));
    }

    /// Ends what waits for the queue the longest in vain by then. Whether there was anything.
    fn give_up_late(&mut self, until_ms: u64) -> bool {
        let late = HOST.with_borrow_mut(|host| host.queue.take_late(until_ms));
        let Some((at_ms, operation)) = late else { return false };
        HOST.with_borrow_mut(|host| host.now_ms = host.now_ms.max(at_ms));
        let late = Error::new("queue", "timed_out", "its time is over".to_owned()).as_host().clone();
        deliver::<A>(Event { error: Some(late), ..event(COMPLETION, operation) });
        true
    }

    /// Starts the actor anew from what is durable: its memory is gone, and with it the
    /// connections that do not hibernate, of whose end nobody is told.
    pub fn restart(&mut self) -> Result<()> {
        dispatch::clear();
        HOST.with_borrow_mut(Host::forget);
        let call = self.event(WAKE, &[]);
        self.answer(call).unwrap_or(Ok(()))?;
        self.run();
        Ok(())
    }

    /// The same so much later, as after a host that was down: what was due meanwhile has not happened.
    pub fn restart_after(&mut self, time: Duration) -> Result<()> {
        HOST.with_borrow_mut(|host| host.now_ms += time.as_millis() as u64);
        self.restart()
    }

    /// The same, as after a turn that trapped and of which nothing is left: it counts for the actor's workflow.
    pub fn restart_after_trap(&mut self) -> Result<()> {
        HOST.with_borrow_mut(|host| host.workflow.traps += 1);
        self.restart()
    }

    /// Tells the actor to sleep, and takes its answer.
    ///
    /// Fails when `on_sleep` does, and with `actor.action_timed_out` when it waits for something.
    pub fn sleep(&mut self) -> Result<()> {
        let call = self.event(SLEEP, &[]);
        HOST.with_borrow_mut(|host| host.asleep = true);
        self.answer(call).ok_or_else(|| waits("on_sleep"))?
    }

    /// Wakes the actor that was told to sleep, with its memory as it was. What it had asked of other actors ends with
    /// `actor.aborted`.
    ///
    /// Fails when `on_wake` does.
    pub fn wake(&mut self) -> Result<()> {
        HOST.with_borrow_mut(|host| {
            host.generation += 1;
            host.sleep_requested = false;
            host.asleep = false;
        });
        let call = self.event(RESUME, &[]);
        self.answer(call).unwrap_or(Ok(()))?;
        for operation in HOST.with_borrow_mut(|host| std::mem::take(&mut host.asked)).into_keys() {
            let lost = Error::new("actor", "aborted", "the actor has slept meanwhile".to_owned());
            let error = Some(lost.as_host().clone());
            deliver::<A>(Event { error, ..event(COMPLETION, operation) });
        }
        self.run();
        Ok(())
    }

    /// Whether the actor asked for sleep.
    pub fn is_sleep_requested(&self) -> bool {
        HOST.with_borrow(|host| host.sleep_requested)
    }

    /// How many things hold the actor up: what [`crate::Ctx::keep_awake`] and [`crate::Ctx::wait_until`] run.
    pub fn holds(&self) -> usize {
        HOST.with_borrow(|host| host.holds.len())
    }

    /// Whether the actor's `run` goes on.
    pub fn is_running(&self) -> bool {
        HOST.with_borrow(|host| host.run.is_some_and(|call| !host.answers.contains_key(&call)))
    }

    /// Starts another version of the actor from what is durable. Fails when its start does.
    pub fn upgrade<B: Actor>(self) -> Result<TestActor<B>> {
        let mut actor = TestActor { actor: PhantomData };
        actor.restart()?;
        Ok(actor)
    }

    /// Runs the actor's end, as the host does after `ctx.destroy()`.
    pub fn destroy(&mut self) -> Result<()> {
        let call = self.event(DESTROY, &[]);
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
        let mut actor = Self { actor: PhantomData };
        let call = actor.event(CREATE, input);
        actor.answer(call).unwrap_or(Ok(()))?;
        actor.run();
        Ok(actor)
    }

    /// Lets the actor do what it does by itself, unless it is at it.
    fn run(&mut self) {
        if A::MANIFEST.hooks.run && !self.is_running() {
            let Call(call) = self.event(RUN, &[]);
            HOST.with_borrow_mut(|host| host.run = Some(call));
        }
    }

    fn event(&mut self, kind: u32, payload: &[u8]) -> Call {
        let call = next_call();
        deliver::<A>(Event { payload: payload.to_vec(), ..event(kind, call) });
        Call(call)
    }
}

/// Gives the actor an action that came through a connection.
fn act<A: Actor>(connection: u64, call: u64, action: &str, args: impl Serialize) -> Result<Call> {
    let args = crate::to_cbor(&args)?;
    // The empty tuple is written as null.
    let payload = if args == [NULL] { vec![] } else { args };
    deliver::<A>(Event { connection, name: action.to_owned(), payload, ..event(ACTION, call) });
    Ok(Call(call))
}

fn waits(what: &str) -> Error {
    Error::new("actor", "action_timed_out", format!("`{what}` waits"))
}
