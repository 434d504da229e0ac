//! The binary `rivet-host`.

use std::process::ExitCode;

use clap::Parser;

// The host allocates and frees small things from many threads, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rivet_host::cli::run(rivet_host::cli::Cli::parse())
}
