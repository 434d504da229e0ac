//! Actors while they run: one task each, one turn at a time, and what a turn said held back until the
//! turn is durable.

mod answers;
mod call;
mod deadlines;
mod delivery;
mod end;
mod exchange;
mod gate;
mod lifecycle;
mod link;
mod live;
mod outlet;
mod report;
mod said;
mod sockets;
mod start;
mod supervisor;
mod task;
mod turn;
mod visitors;
mod waiter;

pub use call::{CallError, Caller, Head, Incoming, RawError, Reply};
pub use exchange::{BrokenOff, RawRequest, RawResponse, RequestBody, ResponseBody};
pub use link::Link;
pub use live::ActorSpecifier;
pub use outlet::{Broadcast, Outgoing};
pub use supervisor::{Supervisor, SupervisorConfig};
