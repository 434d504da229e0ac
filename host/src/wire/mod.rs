//! The listener: HTTP and WebSockets, bytes to calls, and what actors say back to bytes. The only room with hyper.
//!
//! Client protocol: client-protocol.md sections 1 to 9.

mod about;
mod actor_call;
mod actor_list;
mod actor_object;
mod actor_request;
mod actor_rest;
mod addressing;
mod answer;
mod answer_body;
mod bearer;
mod body;
pub mod capacity;
mod components;
mod conn_params;
mod cors;
mod listener;
mod manager;
#[cfg(test)]
mod never_panics;
mod origins;
mod query;
mod raw_request;
mod ray;
mod route;
mod service;
mod socket;
mod stream;
mod tokens;
mod upgrade;
mod workflow_history;

pub use listener::serve;
pub use origins::{Origin, Origins, ParseOriginError};
pub use service::{Config, Service};
