//! Connections, as the guest knows them (`wit/connection.wit`).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A connection of an actor. Never 0, never reused.
pub type ConnectionId = u64;

/// What is known of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The name by which clients and logs know it: a UUID.
    pub uuid: String,
    /// What it is.
    pub kind: ConnectionKind,
    /// What the client gave along: one CBOR value.
    pub params: Bytes,
    /// What the actor remembers of it.
    pub state: Option<Bytes>,
    /// Whether it outlives the instance.
    pub hibernates: bool,
}

/// What a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConnectionKind {
    /// A client that calls and listens, over a WebSocket.
    #[serde(rename = "connect")]
    Client,
    /// The caller of one action over HTTP, while the call lasts.
    #[serde(rename = "action")]
    Action,
    /// A raw WebSocket.
    #[serde(rename = "web-socket")]
    WebSocket,
}

impl ConnectionKind {
    /// The name in `wit/connection.wit`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "connect",
            Self::Action => "action",
            Self::WebSocket => "web-socket",
        }
    }
}

/// The head of a request, as `wit/guest.wit` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestHead {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// How a connection ended, as `wit/guest.wit` describes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CloseReason {
    /// The WebSocket close code.
    pub code: u16,
    /// The words that came with it.
    pub reason: String,
}
