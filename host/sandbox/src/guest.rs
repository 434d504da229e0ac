//! What wasmtime keeps beside one instance.

use std::sync::Arc;

use parking_lot::Mutex;
use rivet_ground::{Clock, limits};
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;

use crate::budget::Budget;
use crate::iface::Inside;
use crate::waits::Waits;

/// The host's data of one instance.
pub(crate) struct Guest {
    /// What the imports of `wit/` see.
    pub(crate) inside: Inside,
    pub(crate) budget: Budget,
    /// Shared with the pollables that wait, which wasmtime keeps in the table.
    pub(crate) waits: Arc<Mutex<Waits>>,
    /// The WASI resources that the guest holds: std streams and pollables, nothing else can exist.
    pub(crate) table: ResourceTable,
    /// Empty for ever: toolchains import the interface, and find no directory.
    pub(crate) filesystem: WasiFilesystemCtx,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Guest {
    pub(crate) fn new(inside: Inside, memory_max_bytes: usize, clock: Arc<dyn Clock>) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::INSTANCE_RESOURCES);
        Self {
            inside,
            budget: Budget::new(memory_max_bytes),
            waits: Arc::default(),
            table,
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
