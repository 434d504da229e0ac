//! WASI 0.2, denied by default: clocks, random numbers and std streams into the log. No files, no
//! sockets, no environment. Interfaces that are not here are refused when a component is uploaded.

mod cli;
mod clocks;
mod io;
mod random;
mod stdio;

use wasmtime::component::Linker;
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::{cli as c, clocks as k, filesystem as f, random as r};
use wasmtime_wasi_io::bindings::wasi::io as i;

use crate::guest::{Guest, HasGuest};

/// Offers our WASI to the components of this linker.
pub(crate) fn add_to_linker(l: &mut Linker<Guest>) -> wasmtime::Result<()> {
    i::error::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    i::poll::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    i::streams::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;

    k::wall_clock::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    k::monotonic_clock::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    r::random::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    r::insecure::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    r::insecure_seed::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;

    c::exit::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::environment::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::stdin::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::stdout::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::stderr::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::terminal_input::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::terminal_output::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::terminal_stdin::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::terminal_stdout::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;
    c::terminal_stderr::add_to_linker::<Guest, HasGuest>(l, |guest| guest)?;

    f::types::add_to_linker::<Guest, WasiFilesystem>(l, filesystem)?;
    f::preopens::add_to_linker::<Guest, WasiFilesystem>(l, filesystem)
}

fn filesystem(guest: &mut Guest) -> WasiFilesystemCtxView<'_> {
    WasiFilesystemCtxView { ctx: &mut guest.filesystem, table: &mut guest.table }
}
