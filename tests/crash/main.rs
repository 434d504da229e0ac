//! What survives the sudden end of the host.

mod kill;
mod sql;
mod sync;
mod trace;
