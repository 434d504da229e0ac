//! How a call of the guest's fails: with an error of the guest's own, or with a fault of the host.

use rivet_ground::{ActorError, ScheduleError};

use crate::bindings::rivet::actor::types::Error;
use crate::iface::to_wit;

/// What an import gives: the outer error ends the turn, the inner one is the guest's.
pub(super) type Faulty<T> = wasmtime::Result<Result<T, Error>>;

/// Errors of the two sorts, told apart by [`finish`].
#[derive(Debug)]
pub(super) enum Fault {
    Guest(ActorError),
    Host(wasmtime::Error),
}

impl Fault {
    /// What ends the turn, whatever it is.
    pub(super) fn into_host(self) -> wasmtime::Error {
        match self {
            Self::Guest(error) => crate::iface::inside::host_fault(error),
            Self::Host(error) => error,
        }
    }
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

pub(super) fn finish<T>(result: Result<T, Fault>) -> Faulty<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Guest(error)) => Ok(Err(to_wit(error))),
        Err(Fault::Host(error)) => Err(error),
    }
}
