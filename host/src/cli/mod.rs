//! The command line: one file a verb.

mod banner;
mod client;
mod deploy;
mod inspect;
mod logging;
mod package;
mod run;
mod why;

use std::cell::Cell;
use std::io::Write;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::time::Duration;

use clap::{Parser, Subcommand};
use rivet_ground::{Clock, SystemClock, limits};

/// Runs actors as sandboxed WebAssembly components; Rivet clients talk to them unmodified.
#[derive(Parser)]
#[command(name = "rivet-host", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Start a host, with the components given and those it has already
    Run(run::Run),
    /// Show what a component is: its actors, imports, exports, size and digest
    Inspect(inspect::Inspect),
    /// Upload a component to a running host
    Deploy(deploy::Deploy),
    /// Show what keeps an actor awake
    Why(why::Why),
}

/// Does what the command line says, and reports a failure on stderr. `collect` gives memory back that the calling thread
/// does not need; each thread calls it now and then when it has nothing to do.
pub fn run(cli: Cli, collect: fn()) -> ExitCode {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.enable_all().on_thread_park(move || now_and_then(collect));
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let done = runtime.block_on(async {
        match cli.verb {
            Verb::Run(verb) => verb.run().await,
            Verb::Inspect(verb) => verb.run().await,
            Verb::Deploy(verb) => verb.run().await,
            Verb::Why(verb) => verb.run().await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Does something, unless this thread did it a moment ago.
fn now_and_then(collect: fn()) {
    static CLOCK: LazyLock<SystemClock> = LazyLock::new(SystemClock::new);
    thread_local! {
        static NEXT: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }
    let now = CLOCK.monotonic();
    if now >= NEXT.get() {
        NEXT.set(now + Duration::from_millis(limits::COLLECT_EVERY_MS));
        collect();
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    // Nobody is left to tell when stderr is gone.
    drop(writeln!(std::io::stderr(), "rivet-host: {error:#}"));
    ExitCode::FAILURE
}

/// Prints to stdout.
fn print(text: &str) -> anyhow::Result<()> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(std::io::stdout().flush()?)
}
