//! A raw WebSocket to the actor under test.

use std::marker::PhantomData;

use super::imports::HOST;
use super::turn::{deliver, event, settle};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::dispatch::MESSAGE;
use crate::{Actor, Conn};

/// A raw WebSocket that is open to a [`super::TestActor`].
pub struct TestSocket<A> {
    number: u64,
    actor: PhantomData<A>,
}

/// A message of a raw WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
}

impl<A: Actor> TestSocket<A> {
    pub(super) fn new(number: u64) -> Self {
        Self { number, actor: PhantomData }
    }

    /// The connection as the actor sees it: its id, its parameters, its state.
    pub fn conn(&self) -> Conn {
        Conn::new(self.number)
    }

    /// Sends a text message.
    pub fn send_text(&self, text: &str) {
        self.send("text", text.as_bytes());
    }

    /// Sends a binary message.
    pub fn send_binary(&self, data: &[u8]) {
        self.send("binary", data);
    }

    /// The messages that came since it was last asked.
    pub fn received(&self) -> Vec<Frame> {
        HOST.with_borrow_mut(|host| {
            let connection = host.connections.get_mut(&self.number);
            connection.map(|connection| std::mem::take(&mut connection.frames)).unwrap_or_default()
        })
    }

    /// How the actor ended it: with which close code and reason. `None` when it did not.
    pub fn closed(&self) -> Option<(u16, String)> {
        HOST.with_borrow(|host| host.connections.get(&self.number)?.closed.clone())
    }

    /// Ends it with a close code and a reason.
    pub fn close(self, code: u16, reason: &str) {
        HOST.with_borrow_mut(|host| host.ends.push_back((self.number, code, reason.to_owned())));
        settle::<A>();
    }

    fn send(&self, kind: &str, data: &[u8]) {
        let (connection, name) = (self.number, kind.to_owned());
        deliver::<A>(Event { connection, name, payload: data.to_vec(), ..event(MESSAGE, 0) });
    }
}
