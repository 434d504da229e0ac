//! WASI 0.2, denied by default: clocks, random numbers and std streams into the log. No files, no
//! sockets, no environment. Interfaces that are not here are refused when a component is uploaded.

mod cli;
mod clocks;
mod random;
mod stdio;

use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemCtxView};
use wasmtime_wasi::p2::bindings::{cli as c, clocks as k, filesystem as f, random as r};
use wasmtime_wasi_io::bindings::wasi::io;

use crate::guest::{Guest, HasGuest};

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

/// Offers our WASI to the components of this linker.
pub(crate) fn add_to_linker(l: &mut Linker<Guest>) -> wasmtime::Result<()> {
    io::error::add_to_linker::<Guest, HasTable>(l, |guest| &mut guest.table)?;
    io::poll::add_to_linker::<Guest, HasTable>(l, |guest| &mut guest.table)?;
    io::streams::add_to_linker::<Guest, HasTable>(l, |guest| &mut guest.table)?;

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
