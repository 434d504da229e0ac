//! Raw WebSockets.

use serde::Deserialize;

use crate::host::web_socket;
use crate::{Conn, Error, Log, Result};

/// A raw WebSocket: a connection whose messages mean what the actor and its client agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebSocket {
    conn: Conn,
}

/// What happened on a raw WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SocketEvent {
    /// It is there. `ctx.request()` is what it was opened with.
    Open,
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// It is gone.
    Close {
        /// The close code.
        code: u16,
        /// The words that came with it.
        reason: String,
    },
}

/// The close code of a WebSocket whose hook failed (client-protocol.md section 8.5).
const HOOK_FAILED: u16 = 1011;

impl WebSocket {
    pub(crate) fn new(conn: Conn) -> Self {
        Self { conn }
    }

    /// The connection: its id, its parameters and its state.
    pub fn conn(&self) -> Conn {
        self.conn
    }

    /// Sends a text message, of at most 32 MiB. Fails with `connection.not_found` when the WebSocket is gone.
    pub fn send_text(&self, text: &str) -> Result<()> {
        web_socket::send_text(self.conn.number(), text).map_err(Error::from)
    }

    /// Sends a binary message, of at most 32 MiB. Fails with `connection.not_found` when the WebSocket is
    /// gone.
    pub fn send_binary(&self, data: &[u8]) -> Result<()> {
        web_socket::send_binary(self.conn.number(), data).map_err(Error::from)
    }

    /// Ends it with a close code (1000, 1011, or 3000 to 4999) and a reason of at most 123 bytes.
    /// [`SocketEvent::Close`] follows.
    pub fn close(&self, code: u16, reason: &str) -> Result<()> {
        web_socket::close(self.conn.number(), code, reason).map_err(Error::from)
    }

    /// Ends it because of an error, which the log has, and the other side in a word.
    pub(crate) fn fail(&self, error: &Error) {
        Log::new().error(format_args!("on_web_socket failed: {error}"));
        // One that is gone is closed already.
        let _closed = self.close(HOOK_FAILED, &format!("{}.{}", error.group(), error.code()));
    }
}

impl SocketEvent {
    /// The event of a message; `kind` is `text` or `binary` (`guest.wit`).
    pub(crate) fn message(kind: &str, payload: Vec<u8>) -> Result<Self> {
        match kind {
            "text" => Ok(Self::Text(String::from_utf8(payload)?)),
            _ => Ok(Self::Binary(payload)),
        }
    }

    /// The event of an end, as `guest.wit` describes it.
    pub(crate) fn close(payload: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct End {
            code: u16,
            reason: String,
        }
        let End { code, reason } = crate::from_cbor(payload)?;
        Ok(Self::Close { code, reason })
    }
}
