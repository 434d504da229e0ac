//! The HTTP listener: bytes to calls, and answers and errors back to bytes. The only room with hyper.
//!
//! Client protocol: client-protocol.md sections 1 to 6 and 9.

mod about;
mod actor_call;
mod actor_list;
mod actor_object;
mod addressing;
mod answer;
mod bearer;
mod body;
mod components;
mod cors;
mod listener;
mod manager;
mod query;
mod ray;
mod route;
mod service;

pub use listener::serve;
pub use service::{Config, Service};
