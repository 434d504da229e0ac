//! Workflows: functions that go on where they were, whatever ends the actor meanwhile.
//!
//! The engine is here; the host keeps its records (`workflow.wit`), and starts the actor when something is to be done.

mod alarms;
mod block;
mod branch;
mod engine;
mod entry;
mod event;
pub(crate) mod failure;
mod flow;
mod hand;
mod history;
mod iterate;
mod join;
mod line;
mod location;
mod mark;
mod queue;
mod race;
mod record;
mod retry;
mod run;
mod scope;
mod sleep;
mod step;
mod step_call;
mod undo;

pub use block::BlockCall;
pub use branch::{Branch, Branches};
pub use entry::EntryKind;
pub use event::WorkflowEvent;
pub use failure::{BlockFailure, CriticalError, FailureKind, FailureSource, RollbackError, StepFailure};
pub use flow::Workflow;
pub use iterate::{Loop, LoopCall};
pub use queue::{WorkflowMessage, WorkflowQueue};
pub(crate) use run::{begin, run};
pub use step::Step;
pub use step_call::{Caught, Plain, StepCall};
