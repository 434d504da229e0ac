//! The compiled code of a component, ready to be instantiated.

use std::sync::{Arc, OnceLock};

use wasmtime::component::InstancePre;

use crate::bindings::ActorIndices;
use crate::digest::Digest;
use crate::engine::Sandbox;
use crate::guest::Guest;
use crate::snapshot::{Base, Control};

/// What all instances of a component share.
pub(crate) struct Code {
    pub(crate) sandbox: Sandbox,
    pub(crate) digest: Digest,
    pub(crate) pre: InstancePre<Guest>,
    pub(crate) indices: ActorIndices,
    /// The way to its memory, or why there is none.
    pub(crate) control: Result<Control, String>,
    /// What a new instance holds; set before there is one with an actor.
    pub(crate) base: OnceLock<Result<Arc<Base>, String>>,
}

impl Code {
    /// What snapshots of an instance need, or why there can be none.
    pub(crate) fn memory(&self) -> Result<(&Control, &Arc<Base>), &str> {
        let control = self.control.as_ref().map_err(String::as_str)?;
        match self.base.get() {
            Some(Ok(base)) => Ok((control, base)),
            Some(Err(reason)) => Err(reason),
            None => Err("it has not been looked at yet"),
        }
    }
}
