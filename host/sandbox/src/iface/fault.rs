//! Errors of the two sorts that an import has.

use rivet_ground::{ActorError, ScheduleError};

use crate::bindings::rivet::actor::types::Error;
use crate::iface::to_wit;

/// What an import gives: the outer error ends the turn, the inner one is the guest's.
pub(super) type Imported<T> = wasmtime::Result<Result<T, Error>>;

/// Errors of the two sorts, told apart by [`finish`].
#[derive(Debug)]
pub(super) enum Fault {
    /// The guest's.
    Guest(ActorError),
    /// The host's: it ends the turn.
    Host(wasmtime::Error),
}

impl From<ActorError> for Fault {
    fn from(error: ActorError) -> Self {
        Self::Guest(error)
    }
}

impl From<ScheduleError> for Fault {
    fn from(error: ScheduleError) -> Self {
        Self::Guest(error.into())
    }
}

impl From<wasmtime::Error> for Fault {
    fn from(error: wasmtime::Error) -> Self {
        Self::Host(error)
    }
}

/// The result of an import, as wasmtime takes it.
pub(super) fn finish<T>(result: Result<T, Fault>) -> Imported<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Guest(error)) => Ok(Err(to_wit(error))),
        Err(Fault::Host(error)) => Err(error),
    }
}
