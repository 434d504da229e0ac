//! Actors while they run: one task each, one turn at a time, and what a turn said held back until the
//! turn is durable.

mod call;
mod deadlines;
mod end;
mod gate;
mod lifecycle;
mod live;
mod report;
mod start;
mod supervisor;
mod task;

pub use call::{CallError, Reply};
pub use live::ActorSpecifier;
pub use supervisor::{Supervisor, SupervisorConfig};
