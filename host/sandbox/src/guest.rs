//! What wasmtime keeps beside one instance.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::{Clock, limits};
use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::filesystem::WasiFilesystemCtx;

use crate::budget::Budget;
use crate::engine::Sandbox;
use crate::iface::Inside;
use crate::snapshot::{Handles, Sink};
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
    /// How far the guest's monotonic clock is ahead of the host's: it goes on over snapshots and restarts.
    ahead: Duration,
    /// Which handle of the guest is which resource of the table.
    pub(crate) handles: Handles,
    /// Where a snapshot goes that is being taken.
    pub(crate) sink: Sink,
}

impl Guest {
    pub(crate) fn new(inside: Inside, sandbox: &Sandbox) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::INSTANCE_RESOURCES);
        Self {
            inside,
            budget: Budget::new(sandbox.memory_max_bytes, sandbox.private_bytes.clone()),
            waits: Arc::default(),
            table,
            filesystem: WasiFilesystemCtx::default(),
            clock: sandbox.clock.clone(),
            ahead: Duration::ZERO,
            handles: Handles::default(),
            sink: Sink::default(),
        }
    }

    /// The guest's monotonic clock.
    pub(crate) fn monotonic(&self) -> Duration {
        self.clock.monotonic() + self.ahead
    }

    /// Puts the guest's monotonic clock forward to this time.
    pub(crate) fn set_monotonic(&mut self, now: Duration) {
        self.ahead = now.saturating_sub(self.clock.monotonic());
    }
}

/// Tells wasmtime that an interface borrows the whole of [`Guest`].
pub(crate) struct HasGuest;

impl HasData for HasGuest {
    type Data<'a> = &'a mut Guest;
}
