//! The imports: the host's own on wasm, those of [`crate::testing`] elsewhere.

pub(crate) use crate::bindings::component::rivet::actor::log::Level;
pub(crate) use crate::bindings::component::rivet::actor::types::Error as HostError;

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::component::rivet::actor::{
    client, connection, cron, events, fetch, identity, kv, lifecycle, log, operation, queue, reply, request,
    schedule, sql, state, timer, web_socket, workflow,
};

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::imports::{
    client, connection, cron, events, fetch, identity, kv, lifecycle, log, operation, queue, reply, request,
    schedule, sql, state, timer, web_socket, workflow,
};
