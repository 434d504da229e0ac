//! The binary `rivet-host`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    rivet_host::cli::run(rivet_host::cli::Cli::parse())
}
