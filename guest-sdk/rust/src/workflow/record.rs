//! How far a workflow is, as the host keeps it.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use serde_cbor::Value;

use super::entry::encode;
use super::failure::RecordedError;
use crate::host::{lifecycle, workflow};
use crate::{Error, Result, dispatch};

/// How far a workflow is, and when the actor is to be started for it: both are written together.
pub(crate) struct Record(RefCell<Run>);

/// What the host keeps (`workflow.wit`), with what it does not tell again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run {
    pub state: RunState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RecordedError>,
    /// The time of `lifecycle.wake-at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wake_at: Option<u64>,
    /// How many of the traps that the host counts are of a start after which the workflow came to rest: it was not to blame for them.
    #[serde(default, skip_serializing_if = "is_zero")]
    passed_traps: u32,
}

/// How far a workflow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RunState {
    Pending,
    Running,
    Sleeping,
    Failed,
    Completed,
    Cancelled,
    RollingBack,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Record {
    /// Reads it. That of a workflow which has not begun is written: from then on the actor is started for it.
    pub fn load() -> Result<Self> {
        let Some(bytes) = workflow::run()? else {
            let record = Self(RefCell::new(Run {
                state: RunState::Pending,
                output: None,
                error: None,
                wake_at: None,
                passed_traps: 0,
            }));
            record.awake(RunState::Running)?;
            return Ok(record);
        };
        let run = crate::from_cbor(&bytes).map_err(|error| {
            Error::internal(format_args!("the record of the workflow cannot be read: {}", error.message()))
        })?;
        Ok(Self(RefCell::new(run)))
    }

    pub fn run(&self) -> Run {
        self.0.borrow().clone()
    }

    /// Since when the workflow is at something, or until when it waits.
    pub fn wakes_at_ms(&self) -> Option<u64> {
        self.0.borrow().wake_at
    }

    /// The workflow is at something, and goes on by itself whatever happens.
    pub fn awake(&self, state: RunState) -> Result<()> {
        let run = self.run();
        let now_ms = dispatch::now_ms();
        let wake_at = Some(run.wake_at.map_or(now_ms, |wake_at| wake_at.min(now_ms)));
        self.write(Run { state, wake_at, ..run })
    }

    /// The workflow waits, until a time at most.
    pub fn rest(&self, until_ms: Option<u64>) -> Result<()> {
        self.write(Run { state: RunState::Sleeping, wake_at: until_ms, ..self.run() })
    }

    /// Rolls back, after this error.
    pub fn roll_back(&self, error: &Error) -> Result<()> {
        self.0.borrow_mut().error = Some(error.into());
        self.awake(RunState::RollingBack)
    }

    /// The workflow is over.
    pub fn end(&self, state: RunState, output: Option<Value>, error: Option<RecordedError>) -> Result<()> {
        self.write(Run { state, output, error, wake_at: None, passed_traps: 0 })
    }

    /// Of the turns that have trapped since anything was recorded, those that are not dealt with.
    pub fn new_traps(&self, traps: u32) -> u32 {
        // The host counts from 0 again after each record.
        let passed = self.0.borrow().passed_traps;
        if passed > traps { traps } else { traps - passed }
    }

    /// Of the traps that the host counts, so many are dealt with, though nothing was recorded.
    pub fn pass_traps(&self, passed_traps: u32) -> Result<()> {
        self.write(Run { passed_traps, ..self.run() })
    }

    /// The workflow stands still until somebody else starts the actor.
    pub fn stand_still(&self) -> Result<()> {
        self.write(Run { wake_at: None, ..self.run() })
    }

    /// Writes what has changed.
    fn write(&self, run: Run) -> Result<()> {
        let before = self.run();
        if run == before {
            return Ok(());
        }
        // First what may be refused.
        workflow::set_run(&encode(&run)?)?;
        if run.wake_at != before.wake_at {
            lifecycle::wake_at(run.wake_at)?;
        }
        self.0.replace(run);
        Ok(())
    }
}
