//! What wasmtime keeps beside one instance.

use rivet_ground::Clock;
use std::sync::Arc;
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;

use crate::budget::Budget;
use crate::iface::Inside;

/// The host's data of one instance.
pub(crate) struct Guest {
    /// What the imports of `wit/` see.
    pub(crate) inside: Inside,
    pub(crate) budget: Budget,
    /// The WASI resources that the guest holds: std streams and pollables, nothing else can exist.
    pub(crate) table: ResourceTable,
    /// Empty for ever: toolchains import the interface, and find no directory.
    pub(crate) filesystem: WasiFilesystemCtx,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Guest {
    pub(crate) fn new(inside: Inside, memory_max_bytes: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            inside,
            budget: Budget::new(memory_max_bytes),
            table: ResourceTable::new(),
            filesystem: WasiFilesystemCtx::default(),
            clock,
        }
    }
}

/// Tells wasmtime that an interface borrows the whole of [`Guest`].
pub(crate) struct HasGuest;

impl HasData for HasGuest {
    type Data<'a> = &'a mut Guest;
}
