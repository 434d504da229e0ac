//! A raw WebSocket to the actor under test.

use std::marker::PhantomData;

use super::imports::HOST;
use super::turn::settle;
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

    /// Sends a text message. The actor hears it when it has dealt with those before.
    pub fn send_text(&self, text: &str) {
        self.send(Frame::Text(text.to_owned()));
    }

    /// Sends a binary message, like [`TestSocket::send_text`].
    pub fn send_binary(&self, data: &[u8]) {
        self.send(Frame::Binary(data.to_vec()));
    }

    /// The messages that came since it was last asked.
    pub fn received(&self) -> Vec<Frame> {
        HOST.with_borrow_mut(|host| {
            let connection = host.connections.get_mut(&self.number);
            connection.map(|connection| std::mem::take(&mut connection.frames)).unwrap_or_default()
        })
    }

    /// Whether the actor is still at one of its messages.
    pub fn is_being_heard(&self) -> bool {
        HOST.with_borrow(|host| {
            host.connections.get(&self.number).is_some_and(|connection| connection.hearing.is_some())
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

    fn send(&self, frame: Frame) {
        HOST.with_borrow_mut(|host| {
            if let Some(connection) = host.connections.get_mut(&self.number) {
                connection.unheard.push_back(frame);
            }
        });
        settle::<A>();
    }
}
