//! The bytes of the Rivet client protocol, and the typed messages that they stand for. No I/O.
//!
//! Inside the host a value is *guest form*: plain CBOR, see [`value`]. Each message is one file; all of
//! them speak the three encodings (client-protocol.md sections 5 to 8).

mod action;
mod bare;
mod client;
mod encoding;
mod envelope;
mod error;
mod failure;
mod queue;
mod to_client;
mod to_server;
pub mod value;

pub use action::{decode_action, encode_output};
pub use client::{Client, Format};
pub use encoding::{Encoding, Version};
pub use error::CodecError;
pub use failure::{ActorSpecifier, encode_error};
pub use queue::{QueueSend, QueueStatus, decode_queue_send, encode_queue_status};
pub use to_client::{ToClient, encode_to_client, put_to_client};
pub use to_server::{ToServer, decode_to_server};
