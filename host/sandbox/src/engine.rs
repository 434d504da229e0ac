//! The engine: one for all actors.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use rivet_ground::{Clock, limits};
use wasmtime::component::Linker;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, WasmBacktraceDetails};

use crate::cache::CompileCache;
use crate::guest::Guest;
use crate::snapshot::{self, PageFinder};
use crate::{iface, wasi};

/// Where actors run: the engine, what it offers to components, and its cache of compiled code.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) engine: Engine,
    pub(crate) linker: Arc<Linker<Guest>>,
    pub(crate) cache: Option<Arc<CompileCache>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) memory_max_bytes: usize,
    /// How changed pages are found.
    pub(crate) finder: PageFinder,
    /// Bytes of private memory of all instances.
    pub(crate) private_bytes: Arc<AtomicUsize>,
    live_max: u32,
}

/// How to set up a [`Sandbox`].
pub struct SandboxConfig {
    /// Where compiled code is kept; none keeps it nowhere. Whoever can write there can run code in the
    /// host: it must be as private as the host's binary.
    pub cache_dir: Option<PathBuf>,
    /// Bytes of all memories of one actor.
    pub memory_max_bytes: usize,
    /// Instances that may be live at a time.
    pub live_max: u32,
    /// Whether to find the changed pages of a memory by comparing all of it, even where the kernel can tell them.
    pub compare_pages: bool,
    /// The host's clock.
    pub clock: Arc<dyn Clock>,
}

impl SandboxConfig {
    /// The defaults: no cache, the memory limit of [`limits`], and as many instances as this machine's
    /// `vm.max_map_count` allows.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            cache_dir: None,
            memory_max_bytes: limits::ACTOR_MEMORY_BYTES,
            live_max: live_max(),
            compare_pages: false,
            clock,
        }
    }
}

impl Sandbox {
    /// Makes the engine and starts its epoch clock.
    pub fn new(config: SandboxConfig) -> wasmtime::Result<Self> {
        let engine = Engine::new(&engine_config(&config))?;
        let mut linker = Linker::new(&engine);
        wasi::add_to_linker(&mut linker)?;
        iface::add_to_linker(&mut linker)?;
        snapshot::add_to_linker(&mut linker)?;
        let finder = if config.compare_pages { PageFinder::Compare } else { PageFinder::detect() };
        let cache = config.cache_dir.map(|dir| Arc::new(CompileCache::new(dir, &engine)));
        tick(&engine)?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            cache,
            clock: config.clock,
            memory_max_bytes: config.memory_max_bytes,
            finder,
            private_bytes: Arc::default(),
            live_max: config.live_max,
        })
    }

    /// Instances that may be live at a time.
    pub fn live_max(&self) -> u32 {
        self.live_max
    }

    /// The memory that actors may take on this machine unless somebody says otherwise: three quarters of it, in bytes.
    pub fn memory_of_machine() -> usize {
        const WITHOUT_PROC_BYTES: usize = 4 << 30;
        let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kib = total.and_then(|total| total.trim().trim_end_matches("kB").trim().parse::<usize>().ok());
        kib.map_or(WITHOUT_PROC_BYTES, |kib| kib.saturating_mul(1024) / 4 * 3)
    }

    /// An estimate of the memory that live instances do not share, in bytes: what each takes once it has started, and
    /// what its memories have grown by.
    pub fn private_bytes(&self) -> usize {
        self.private_bytes.load(Relaxed)
    }

    /// Removes the compiled code of components that are not among these digests.
    ///
    /// # Errors
    /// A file could not be removed.
    pub fn retain_cached(&self, digests: &[String]) -> io::Result<()> {
        self.cache.as_ref().map_or(Ok(()), |cache| cache.retain(digests))
    }
}

fn engine_config(config: &SandboxConfig) -> Config {
    // Every upload may have two instances that show what the component is, and so may the components of the start.
    let slots = config.live_max.saturating_add(2 * (limits::UPLOADS as u32 + 1));
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(7))
        .total_memories(slots.saturating_add(slots / 8))
        .total_tables(slots.saturating_mul(3))
        .total_stacks(slots)
        .max_memory_size(config.memory_max_bytes)
        .max_component_instance_size(1 << 20)
        .max_core_instance_size(1 << 20)
        .max_core_instances_per_component(limits::COMPONENT_CORE_INSTANCES as u32)
        .max_memories_per_component(limits::COMPONENT_MEMORIES as u32)
        .max_memories_per_module(limits::COMPONENT_MEMORIES as u32)
        .max_tables_per_component(limits::COMPONENT_TABLES as u32)
        .table_elements(20_000)
        // Kept pages would count as changed pages when an instance is snapshotted.
        .linear_memory_keep_resident(0)
        .table_keep_resident(0)
        .async_stack_keep_resident(0)
        .decommit_batch_size(1);
    let mut out = Config::new();
    out.allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .memory_init_cow(true)
        .memory_reservation(4 << 30)
        .memory_guard_size(32 << 20)
        .epoch_interruption(true)
        .max_wasm_stack(limits::WASM_STACK_BYTES)
        .async_stack_size(2 * limits::WASM_STACK_BYTES + limits::SQL_STACK_BYTES)
        // Given back to the kernel with the instance: the stacks of actors that sleep would add up.
        .async_stack_zeroing(true)
        // Our ABI has no async exports; without their bookkeeping a call costs a third.
        .concurrency_support(false)
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    out
}

/// Moves the epoch on for as long as the engine lives.
fn tick(engine: &Engine) -> wasmtime::Result<()> {
    let weak = engine.weak();
    let body = move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(limits::EPOCH_TICK_MS));
        }
    };
    std::thread::Builder::new().name("epoch".to_owned()).spawn(body)?;
    Ok(())
}

/// One pooled instance takes about six memory mappings; the kernel caps the mappings of a process.
fn live_max() -> u32 {
    const MAPS_PER_INSTANCE: u32 = 7;
    const MAPS_FOR_THE_REST: u32 = 4_000;
    const KERNEL_DEFAULT: u32 = 65_530;
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let max_map_count = text.trim().parse().unwrap_or(KERNEL_DEFAULT);
    (max_map_count.saturating_sub(MAPS_FOR_THE_REST) / MAPS_PER_INSTANCE).clamp(16, 10_000)
}
