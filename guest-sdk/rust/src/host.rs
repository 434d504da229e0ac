//! The imports: the host's own on wasm, those of [`crate::testing`] elsewhere.

pub(crate) use crate::bindings::component::rivet::actor::log::Level;
pub(crate) use crate::bindings::component::rivet::actor::types::Error as HostError;

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::component::rivet::actor::{
    identity, kv, lifecycle, log, operation, reply, state, timer,
};

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::imports::{identity, kv, lifecycle, log, operation, reply, state, timer};
