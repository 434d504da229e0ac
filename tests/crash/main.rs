//! What survives the sudden end of the host.

mod bank;
mod fetch;
mod kill;
mod queue;
mod sql;
mod sync;
mod together;
mod trace;
mod workflow;
mod workflow_commits;
