//! Connections: who talks to the actor.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::cbor::{self, NULL};
use crate::host::{connection, events};
use crate::{Ctx, Error, Event, Result, event};

/// A connection of the actor: of a client, of one call over HTTP while it lasts, or a raw WebSocket.
///
/// It is a name for it and no more, so it may be kept anywhere; what is done to it once the connection is
/// gone fails with `connection.not_found`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Conn {
    number: u64,
}

impl Conn {
    pub(crate) fn new(number: u64) -> Self {
        Self { number }
    }

    pub(crate) fn number(self) -> u64 {
        self.number
    }

    /// The name by which clients and logs know it: a UUID. Empty once it is gone.
    pub fn id(&self) -> String {
        connection::uuid(self.number).unwrap_or_default()
    }

    /// What the client gave along when it connected. Fails with `validation.invalid_conn_params` when that is
    /// of another type.
    pub fn params<P: for<'de> Deserialize<'de>>(&self) -> Result<P> {
        params(&self.encoded_params()?)
    }

    /// What the actor remembers of it: what `create_conn_state` returned, or what was set since. Fails when
    /// that is of another type.
    pub fn state<S: DeserializeOwned>(&self) -> Result<Option<S>> {
        connection::state(self.number).map(|state| crate::from_cbor(&state)).transpose()
    }

    /// Remembers a value, of at most 32 KiB (`connection.state_too_large`), with this turn. It lasts as long
    /// as the connection.
    pub fn set_state<S: Serialize>(&self, state: &S) -> Result<()> {
        self.set_encoded_state(&crate::to_cbor(state)?)
    }

    /// Whether it outlives the actor's memory: clients over WebSockets do, calls over HTTP do not, raw
    /// WebSockets do with `can_hibernate_web_socket`.
    pub fn hibernates(&self) -> bool {
        connection::hibernates(self.number)
    }

    /// Tells this client of an event, whether it has subscribed or not.
    ///
    /// Fails with `connection.not_found` when it is gone or no client over a WebSocket, and with
    /// `message.outgoing_too_long` past 1 MiB.
    pub fn send<E: Event>(&self, event: &E) -> Result<()> {
        events::send(self.number, E::NAME, &event::args(event)?).map_err(Error::from)
    }

    /// The same for an event whose name is known only at run time. The arguments are a tuple, an array or a
    /// `Vec`.
    pub fn send_named<T: Serialize>(&self, name: &str, args: &T) -> Result<()> {
        events::send(self.number, name, &event::array(crate::to_cbor(args)?)?).map_err(Error::from)
    }

    /// Ends it, with the close code 1000 and this reason, of at most 123 bytes. `on_disconnect` follows.
    ///
    /// Fails with `connection.not_found` when it is gone, and with `connection.not_closable` for a call over
    /// HTTP, which ends with its answer.
    pub fn disconnect(&self, reason: Option<&str>) -> Result<()> {
        connection::disconnect(self.number, reason).map_err(Error::from)
    }

    pub(crate) fn is_web_socket(self) -> bool {
        connection::kind(self.number).as_deref() == Some(WEB_SOCKET)
    }

    pub(crate) fn encoded_params(self) -> Result<Vec<u8>> {
        connection::params(self.number).ok_or_else(gone)
    }

    pub(crate) fn set_encoded_state(self, state: &[u8]) -> Result<()> {
        connection::set_state(self.number, state).map_err(Error::from)
    }
}

fn gone() -> Error {
    Error::new("connection", "not_found", "The connection is gone.".to_owned())
}

/// Parameters of a connection; without any, null.
pub fn params<P: for<'de> Deserialize<'de>>(payload: &[u8]) -> Result<P> {
    let payload = if payload.is_empty() { &[NULL] } else { payload };
    let invalid = |text: String| {
        Error::validation("invalid_conn_params", format!("the parameters of the connection: {text}"))
    };
    let bytes =
        cbor::normalize(payload).map_err(|cbor::Malformed| invalid("not one CBOR value".to_owned()))?;
    serde_cbor::from_slice(&bytes).map_err(|error| invalid(error.to_string()))
}

/// Checks that the connection that is to be let in is still there: the host may have refused it while its
/// hook waited for the actor. Fails with `connection.not_found`.
pub fn check_waits(ctx: &Ctx) -> Result<()> {
    let there = ctx.conn().is_some_and(|conn| connection::kind(conn.number).is_some());
    if there { Ok(()) } else { Err(gone()) }
}

/// The connections that are let in, oldest first.
pub(crate) fn all() -> Vec<Conn> {
    ENTERING.with_borrow(|entering| {
        let inside = |number: &u64| !entering.contains(number);
        connection::all().into_iter().filter(inside).map(Conn::new).collect()
    })
}

/// Hides a connection from [`all`] until it is dropped: what runs before a connection is let in.
pub(crate) struct Entering {
    number: u64,
}

impl Entering {
    pub(crate) fn new(Conn { number }: Conn) -> Self {
        ENTERING.with_borrow_mut(|entering| entering.insert(number));
        Self { number }
    }
}

impl Drop for Entering {
    fn drop(&mut self) {
        ENTERING.with_borrow_mut(|entering| entering.remove(&self.number));
    }
}

/// The kind of a raw WebSocket (`connection.wit`).
pub(crate) const WEB_SOCKET: &str = "web-socket";

thread_local! {
    /// One for each `connect` that is here, and so bounded with the futures (`executor.rs`).
    static ENTERING: RefCell<BTreeSet<u64>> = const { RefCell::new(BTreeSet::new()) };
}
