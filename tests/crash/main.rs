//! What survives the sudden end of the host.

mod kill;
mod queue;
mod sql;
mod sync;
mod together;
mod trace;
