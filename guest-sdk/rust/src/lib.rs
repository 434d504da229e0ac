//! Write actors for `rivet-host` in Rust.
//!
//! An actor is a struct with serde state and an [`actor`] block; its `pub` methods are the actions.
//!
//! ```
//! use rivet_guest::{Ctx, actor, export};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Default, Serialize, Deserialize)]
//! struct Counter {
//!     count: i64,
//! }
//!
//! #[actor]
//! impl Counter {
//!     pub fn increment(&mut self, amount: Option<i64>) -> i64 {
//!         self.count += amount.unwrap_or(1);
//!         self.count
//!     }
//! }
//!
//! export!(Counter);
//! ```
//!
//! The README beside this crate teaches the rest.

extern crate self as rivet_guest;

mod actor;
mod args;
mod bindings;
mod cbor;
mod checkpoint;
mod client;
mod conn;
mod context;
mod cron;
mod dispatch;
mod error;
mod event;
mod executor;
mod fetch;
mod hold;
mod hooks;
mod host;
mod instance;
mod kv;
mod lock;
mod log;
mod manifest;
mod operation;
mod queue;
mod request;
mod response;
mod schedule;
mod sql;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod this;
mod wake;
mod web_socket;
mod workflow;

pub use actor::Actor;
pub use client::{ActorHandle, Client};
pub use conn::Conn;
pub use context::Ctx;
pub use cron::{Cadence, Cron, Firing, Job, Outcome};
pub use error::{Error, Result, UserError};
pub use event::Event;
pub use fetch::{Fetch, Fetched};
pub use kv::{Kv, ListOptions};
pub use log::Log;
pub use queue::{Message, Queue, Receive};
pub use request::{Request, RequestHead};
pub use response::{Body, Response};
pub use rivet_guest_macros::{Event, actor};
pub use schedule::{Fired, FiredKind, Schedule, Scheduled};
/// Any CBOR value: for arguments, outputs and state whose shape is not known.
pub use serde_cbor::Value;
pub use sql::{Sql, SqlNamed, SqlParams, SqlRows, SqlValue};
pub use this::This;
pub use wake::{Aborted, Wake};
pub use web_socket::{SocketEvent, WebSocket};
pub use workflow::{
    BlockCall, BlockFailure, Branch, Branches, Caught, CriticalError, EntryKind, FailureKind, FailureSource,
    Loop, LoopCall, Plain, RollbackError, Step, StepCall, StepFailure, Workflow, WorkflowEvent,
    WorkflowMessage, WorkflowQueue,
};

/// Encodes a value as CBOR, the format of state, arguments and outputs.
///
/// Fails when the value's own `Serialize` does.
pub fn to_cbor<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    Ok(serde_cbor::to_vec(value)?)
}

/// Decodes one CBOR value. Fails when the bytes are no CBOR, or of another shape than `T`.
pub fn from_cbor<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    Ok(serde_cbor::from_slice(bytes)?)
}

/// Makes a component of the listed actors. Once in a crate, at the top level.
#[macro_export]
macro_rules! export {
    ($($actor:ty),+ $(,)?) => {
        #[allow(unsafe_code, reason = "the exports of a component take raw pointers")]
        const _: () = {
            // Off wasm nothing calls the exports, which is no reason to call the actor dead code.
            #[cfg_attr(not(target_family = "wasm"), used)]
            static ACTORS: &[$crate::__private::Export] = &[$($crate::__private::Export::of::<$actor>()),+];

            #[allow(dead_code)]
            struct Component;

            impl $crate::__private::Guest for Component {
                fn describe() -> ::std::string::String {
                    $crate::__private::describe(ACTORS)
                }

                fn dispatch(event: $crate::__private::Event) -> u32 {
                    $crate::__private::dispatch(ACTORS, event)
                }
            }

            #[cfg(target_family = "wasm")]
            $crate::__private::export_component!(Component with_types_in $crate::__private::bindings);
        };
    };
}

/// What the macros expand to. Not for use by hand: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::actor::Access;
    pub use crate::args::{Args, encode_output, encode_value, input, output_value};
    pub use crate::bindings::component as bindings;
    pub use crate::bindings::component::exports::rivet::actor::guest::{Event, Guest};
    pub use crate::bindings::export_component;
    pub use crate::checkpoint::checkpoint;
    pub use crate::conn::{check_waits, params};
    pub use crate::dispatch::{Export, describe, dispatch};
    pub use crate::instance::action_not_found;
    pub use crate::lock::Lock;
    pub use crate::manifest::{Hooks, Manifest, Snapshot};
}
