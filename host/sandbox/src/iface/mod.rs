//! The imports of `wit/`: one file an interface, each on what one turn of one actor may see.
//!
//! An import writes to the turn, never to the world: writes go to the overlay, everything said becomes
//! an effect, and both leave with [`Inside::end_turn`] or vanish with [`Inside::drop_turn`].

mod calls;
mod client;
mod connection;
mod connections;
mod events;
mod fault;
mod fetch;
mod identity;
mod inside;
mod kv;
mod lifecycle;
mod log;
mod messages;
mod operation;
mod queue;
mod queue_index;
mod reply;
mod request;
mod schedule;
mod sql;
mod state;
mod suspended;
mod timer;
mod web_socket;
#[cfg(test)]
mod workbench;
mod workflow;

pub use identity::Identity;
pub(crate) use inside::Inside;
pub use inside::{ActorView, Turn};
pub use lifecycle::Holds;
pub use queue_index::QueueLimits;
pub(crate) use rivet_store::WriteSet;
pub use schedule::{Claim, SchedulesView};
pub use suspended::Suspended;

use wasmtime::component::Linker;

use crate::bindings::Actor;
use crate::bindings::rivet::actor::types;
use crate::guest::{Guest, HasGuest};
use rivet_ground::ActorError;

/// Offers the interfaces of `wit/` to the components of this linker.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Actor::add_to_linker::<Guest, HasGuest>(linker, |guest| guest)
}

impl types::Host for Guest {}

pub(crate) fn to_wit(error: ActorError) -> types::Error {
    types::Error {
        group: error.group,
        code: error.code,
        message: error.message,
        metadata: error.metadata.map(Vec::from),
    }
}

fn from_wit(error: types::Error) -> ActorError {
    ActorError {
        group: error.group,
        code: error.code,
        message: error.message,
        metadata: error.metadata.map(Into::into),
    }
}
