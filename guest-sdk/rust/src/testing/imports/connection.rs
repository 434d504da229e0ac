//! The connections of a test's stand-in for the host.

use std::collections::{BTreeSet, VecDeque};

use super::{Host, error, host};
use crate::host::HostError;
use crate::testing::Frame;

/// What is known of a connection.
pub(in crate::testing) struct Connection {
    pub kind: &'static str,
    pub params: Vec<u8>,
    pub state: Option<Vec<u8>>,
    pub hibernates: bool,
    pub stage: Stage,
    pub subscriptions: BTreeSet<String>,
    /// The events that it was told, each with its arguments.
    pub told: Vec<(String, Vec<u8>)>,
    pub frames: Vec<Frame>,
    /// The messages that the actor was not given yet, oldest first.
    pub unheard: VecDeque<Frame>,
    /// The call of the message that the actor was given last, until that is answered.
    pub hearing: Option<u64>,
    /// How the actor ended it.
    pub closed: Option<(u16, String)>,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::testing) enum Stage {
    /// The call that lets it in is open.
    Entering(u64),
    Open,
    /// The call that takes leave of it is open.
    Leaving(u64),
    Gone,
}

impl Host {
    /// A connection that something can be said to.
    pub(super) fn present(&mut self, number: u64) -> Result<&mut Connection, HostError> {
        let leaves = |connection: &Connection| matches!(connection.stage, Stage::Leaving(_));
        self.known(number)
            .and_then(|connection| if leaves(connection) { Err(gone()) } else { Ok(connection) })
    }

    /// A connection of which something is known.
    pub(super) fn known(&mut self, number: u64) -> Result<&mut Connection, HostError> {
        self.connections
            .get_mut(&number)
            .filter(|connection| connection.stage != Stage::Gone)
            .ok_or_else(gone)
    }

    /// The next message of a raw WebSocket that is to be heard, with the number of that: one at a time of
    /// each.
    pub(in crate::testing) fn next_message(&mut self) -> Option<(u64, Frame)> {
        let heard = |connection: &Connection| connection.stage == Stage::Open && connection.hearing.is_none();
        let mut ready = self.connections.iter_mut().filter(|(_, connection)| heard(connection));
        ready.find_map(|(number, connection)| Some((*number, connection.unheard.pop_front()?)))
    }

    /// Ends a connection in the name of the actor.
    pub(in crate::testing) fn end(&mut self, number: u64, code: u16, reason: &str) -> Result<(), HostError> {
        let connection = self.present(number)?;
        if connection.kind == "action" {
            return Err(error("connection", "not_closable", "A call over HTTP ends with its answer."));
        }
        let closed = &mut connection.closed;
        if closed.is_none() {
            *closed = Some((code, reason.to_owned()));
            self.ends.push_back((number, code, reason.to_owned()));
        }
        Ok(())
    }
}

pub(crate) fn all() -> Vec<u64> {
    let listed = |stage| matches!(stage, Stage::Entering(_) | Stage::Open);
    host(|host| {
        let there = host.connections.iter().filter(|(_, connection)| listed(connection.stage));
        there.map(|(number, _)| *number).collect()
    })
}

pub(crate) fn uuid(connection: u64) -> Option<String> {
    of(connection, |_| format!("00000000-0000-4000-8000-{connection:012x}"))
}

pub(crate) fn kind(connection: u64) -> Option<String> {
    of(connection, |connection| connection.kind.to_owned())
}

pub(crate) fn params(connection: u64) -> Option<Vec<u8>> {
    of(connection, |connection| connection.params.clone())
}

pub(crate) fn hibernates(connection: u64) -> bool {
    of(connection, |connection| connection.hibernates).unwrap_or(false)
}

pub(crate) fn state(connection: u64) -> Option<Vec<u8>> {
    of(connection, |connection| connection.state.clone()).flatten()
}

pub(crate) fn set_state(connection: u64, value: &[u8]) -> Result<(), HostError> {
    host(|host| {
        host.known(connection)?.state = Some(value.to_vec());
        Ok(())
    })
}

pub(crate) fn disconnect(connection: u64, reason: Option<&str>) -> Result<(), HostError> {
    host(|host| host.end(connection, 1000, reason.unwrap_or_default()))
}

fn of<T>(number: u64, read: impl FnOnce(&Connection) -> T) -> Option<T> {
    host(|host| host.known(number).ok().map(|connection| read(connection)))
}

fn gone() -> HostError {
    error("connection", "not_found", "The connection is gone.")
}
