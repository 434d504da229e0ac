//! A client of the actor under test.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::imports::HOST;
use super::turn::{deliver, event, let_in, next_call, settle, take_answer};
use super::{Call, act, waits};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::cbor::NULL;
use crate::dispatch::SUBSCRIBE;
use crate::{Actor, Conn, Result};

/// A client that is connected to a [`super::TestActor`].
pub struct TestConn<A> {
    number: u64,
    actor: PhantomData<A>,
}

impl<A: Actor> TestConn<A> {
    pub(super) fn new(number: u64) -> Self {
        Self { number, actor: PhantomData }
    }

    /// The connection as the actor sees it: its id, its parameters, its state.
    pub fn conn(&self) -> Conn {
        Conn::new(self.number)
    }

    /// Calls an action and takes the answer, like [`super::TestActor::call`].
    pub fn call<T: DeserializeOwned>(&self, action: &str, args: impl Serialize) -> Result<T> {
        let Call(call) = self.send(action, args)?;
        let output = take_answer(call).ok_or_else(|| waits(action))??;
        crate::from_cbor(if output.is_empty() { &[NULL] } else { &output })
    }

    /// Calls an action and leaves it running; [`super::TestActor::answer`] has the answer.
    pub fn send(&self, action: &str, args: impl Serialize) -> Result<Call> {
        act::<A>(self.number, next_call(), action, args)
    }

    /// Subscribes to an event. Fails with `auth.forbidden`, or the error of the hook, which closes the
    /// connection.
    pub fn subscribe(&self, name: &str) -> Result<()> {
        if A::MANIFEST.hooks.subscribe {
            let call = next_call();
            deliver::<A>(Event { connection: self.number, name: name.to_owned(), ..event(SUBSCRIBE, call) });
            if let Err(error) = let_in(call) {
                let reason = format!("{}.{}", error.group(), error.code());
                // One that is gone is closed already.
                let _closed = HOST.with_borrow_mut(|host| host.end(self.number, 1011, &reason));
                settle::<A>();
                return Err(error);
            }
        }
        HOST.with_borrow_mut(|host| {
            if let Some(connection) = host.connections.get_mut(&self.number) {
                connection.subscriptions.insert(name.to_owned());
            }
        });
        Ok(())
    }

    /// The events that it was told since it was last asked, each with its arguments: an array or a tuple.
    /// Fails when these are of another shape.
    pub fn received<T: DeserializeOwned>(&self) -> Result<Vec<(String, T)>> {
        let told = HOST.with_borrow_mut(|host| {
            let connection = host.connections.get_mut(&self.number);
            connection.map(|connection| std::mem::take(&mut connection.told)).unwrap_or_default()
        });
        told.into_iter().map(|(name, args)| Ok((name, crate::from_cbor(&args)?))).collect()
    }

    /// How the actor ended it, or a refused subscription: with which close code and reason. `None` when it
    /// did not.
    pub fn closed(&self) -> Option<(u16, String)> {
        HOST.with_borrow(|host| host.connections.get(&self.number)?.closed.clone())
    }

    /// Leaves.
    pub fn disconnect(self) {
        HOST.with_borrow_mut(|host| host.ends.push_back((self.number, 1000, String::new())));
        settle::<A>();
    }
}
