//! The command line.

mod deploy;
mod durability;
mod inspect;
mod lock;
mod run;
mod shutdown;

use std::process::{Command, Output, Stdio};

use support::host_binary;

/// Runs `rivet-host` with these arguments to its end.
fn rivet_host(args: &[&str]) -> Output {
    let mut command = Command::new(host_binary());
    command.args(args).env("NO_COLOR", "1").stdin(Stdio::null());
    command.output().unwrap()
}

/// Everything that a command printed.
fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
