//! What one actor may use: memory, tables, and CPU time in one turn.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use rivet_ground::limits;
use wasmtime::ResourceLimiter;

/// The budgets of one instance, and what it has used of them.
pub(crate) struct Budget {
    memory_max_bytes: usize,
    memory_bytes: usize,
    /// What this instance adds to the memory that instances do not share.
    private_bytes: usize,
    /// That of all instances.
    all_private_bytes: Arc<AtomicUsize>,
    table_elements: usize,
    turn_ticks: u64,
    /// What the host has computed for the guest in this turn.
    turn_aside: Duration,
}

const TURN_CPU: Duration = Duration::from_millis(limits::TURN_CPU_MS);

/// The reason of a trap that the host raised because a budget ran out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Exhausted {
    #[error(
        "out of memory: all memories of the actor together may have {limit_bytes} bytes, it asked for {wanted_bytes}"
    )]
    Memory { limit_bytes: usize, wanted_bytes: usize },
    #[error(
        "out of table space: all tables of the actor together may have {} elements",
        limits::ACTOR_TABLE_ELEMENTS
    )]
    Table,
    #[error("out of CPU time: one turn may compute for {} ms", limits::TURN_CPU_MS)]
    Cpu,
    #[error(
        "the turn waited for {} ms: an actor must not block inside an event; start a timer instead",
        limits::TURN_WAIT_MS
    )]
    Wait,
}

impl Budget {
    pub(crate) fn new(memory_max_bytes: usize, all_private_bytes: Arc<AtomicUsize>) -> Self {
        let private_bytes = limits::INSTANCE_PRIVATE_BYTES;
        all_private_bytes.fetch_add(private_bytes, Relaxed);
        Self {
            memory_max_bytes,
            memory_bytes: 0,
            private_bytes,
            all_private_bytes,
            table_elements: 0,
            turn_ticks: 0,
            turn_aside: Duration::ZERO,
        }
    }

    /// Bytes of all memories.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    pub(crate) fn begin_turn(&mut self) {
        self.turn_ticks = 0;
        self.turn_aside = Duration::ZERO;
    }

    /// Counts one epoch tick that was spent computing.
    pub(crate) fn spend_tick(&mut self) -> Result<(), Exhausted> {
        self.turn_ticks += 1;
        self.check_time()
    }

    /// The time that the turn may go on computing.
    pub(crate) fn time_left(&self) -> Duration {
        TURN_CPU.saturating_sub(self.time_spent())
    }

    /// Counts time that the host has spent computing for the guest.
    pub(crate) fn spend_aside(&mut self, time: Duration) -> Result<(), Exhausted> {
        self.turn_aside += time;
        self.check_time()
    }

    fn time_spent(&self) -> Duration {
        Duration::from_millis(self.turn_ticks * limits::EPOCH_TICK_MS) + self.turn_aside
    }

    fn check_time(&self) -> Result<(), Exhausted> {
        if self.time_spent() > TURN_CPU { Err(Exhausted::Cpu) } else { Ok(()) }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.all_private_bytes.fetch_sub(self.private_bytes, Relaxed);
    }
}

impl ResourceLimiter for Budget {
    // Growth past the budget traps instead of failing, so that the report can say why.
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted_bytes = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if wanted_bytes > self.memory_max_bytes {
            return Err(Exhausted::Memory { limit_bytes: self.memory_max_bytes, wanted_bytes }.into());
        }
        self.memory_bytes = wanted_bytes;
        // What a memory starts with is mostly shared with its siblings, or not touched, if it is of usual size.
        let shared_bytes = if current == 0 { limits::INSTANCE_SHARED_BYTES } else { current };
        let more_bytes = desired.saturating_sub(shared_bytes);
        self.private_bytes += more_bytes;
        self.all_private_bytes.fetch_add(more_bytes, Relaxed);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.table_elements.saturating_add(desired.saturating_sub(current));
        if wanted > limits::ACTOR_TABLE_ELEMENTS {
            return Err(Exhausted::Table.into());
        }
        self.table_elements = wanted;
        Ok(true)
    }

    fn instances(&self) -> usize {
        limits::COMPONENT_CORE_INSTANCES
    }

    fn memories(&self) -> usize {
        limits::COMPONENT_MEMORIES
    }

    fn tables(&self) -> usize {
        limits::COMPONENT_TABLES
    }
}
