//! The binary `rivet-host`.

use std::process::ExitCode;

use clap::Parser;

// The host allocates and frees small things from many threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rivet_host::cli::run(rivet_host::cli::Cli::parse(), collect)
}

/// Gives back what this thread has allocated and others have freed: the allocator does not look at that before the thread
/// needs as much again, and actors that were awake together and sleep now left a lot of it.
#[allow(unsafe_code, reason = "the allocator has no safe way to it")]
fn collect() {
    // SAFETY: it may be called at any time, on any thread.
    unsafe { libmimalloc_sys::mi_collect(true) }
}
