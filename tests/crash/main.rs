//! What survives the sudden end of the host.

mod kill;
mod sync;
mod trace;
