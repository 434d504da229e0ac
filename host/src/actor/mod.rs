//! Actors while they run: one task each, one turn at a time, and what a turn said held back until the
//! turn is durable.

mod alarms;
mod answers;
mod awake;
mod bedtime;
mod birth;
mod call;
mod deadlines;
mod delivery;
mod end;
mod eviction;
mod exchange;
mod firing;
mod fork;
mod gate;
mod leftovers;
mod lifecycle;
mod link;
mod live;
mod memory;
mod outlet;
mod queue;
mod report;
mod rest;
mod room;
mod said;
mod sockets;
mod start;
mod supervisor;
mod tally;
mod task;
mod turn;
mod visitors;
mod waiter;

pub use awake::{Awake, Cause, Reason, State};
pub use call::{CallError, Caller, Copied, Head, Incoming, Publish, RawError, Reply, Work};
pub use exchange::{BrokenOff, RawRequest, RawResponse, RequestBody, ResponseBody};
pub use link::Link;
pub use live::ActorSpecifier;
pub use outlet::{Broadcast, Outgoing};
pub use rest::Vitals;
pub use supervisor::{Supervisor, SupervisorConfig};
pub use tally::Counts;
