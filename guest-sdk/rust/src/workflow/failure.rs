//! What goes wrong in a workflow.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// The group of the errors of workflows.
const GROUP: &str = "workflow";

/// The most bytes that are recorded of a message: a record is to fit whatever was thrown.
const MESSAGE_BYTES: usize = 4_096;

/// How a message ends of which more was thrown.
const CUT: &str = "..";

/// Fails a step at once, and with it the workflow: no retry would help. Converts into an [`Error`] with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriticalError(String);

/// Fails a step at once, and the workflow, which rolls back; unlike a [`CriticalError`] it is not caught by
/// [`crate::Workflow::try_step`] and [`crate::Workflow::try_block`] unless they say so. Converts into an [`Error`] with `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackError(String);

/// Why a step failed for good.
#[derive(Clone, Debug, PartialEq)]
pub struct StepFailure {
    /// Why.
    pub kind: FailureKind,
    /// The name of the step.
    pub step: String,
    /// How many times it ran.
    pub attempts: u32,
    /// What it failed with the last time, as the history keeps it: without metadata, and no more than 4 KiB of the message.
    pub error: Error,
}

/// Why a step failed for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// With a [`CriticalError`].
    Critical,
    /// It took too long.
    Timeout,
    /// It failed every time.
    Exhausted,
    /// With a [`RollbackError`].
    Rollback,
}

/// Why a block failed.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockFailure {
    /// What failed in it.
    pub source: FailureSource,
    /// The name of what failed: a step, a join or a race; otherwise that of the block.
    pub name: String,
    /// What the block failed with.
    pub error: Error,
    /// If it was a step, how that failed.
    pub step: Option<StepFailure>,
}

/// What failed in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureSource {
    /// A step.
    Step,
    /// A join.
    Join,
    /// A race.
    Race,
    /// A step, or the block itself, with a [`RollbackError`].
    Rollback,
    /// Anything else.
    Block,
}

/// How a step failed, as its entry says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Recorded {
    pub kind: FailureKind,
    pub error: RecordedError,
}

/// An error as a record says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RecordedError {
    pub group: String,
    pub code: String,
    pub message: String,
}

/// What the metadata of an error says about where it comes from.
#[derive(Serialize, Deserialize)]
struct Origin {
    source: FailureSource,
    name: String,
    step: Option<(Recorded, u32)>,
}

impl CriticalError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl RollbackError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for CriticalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for RollbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CriticalError {}

impl std::error::Error for RollbackError {}

impl StepFailure {
    /// As the entry of the step says it.
    pub(crate) fn recorded(&self) -> Recorded {
        Recorded { kind: self.kind, error: RecordedError::from(&self.error) }
    }

    pub(crate) fn from_record(Recorded { kind, error }: Recorded, step: &str, attempts: u32) -> Self {
        Self { kind, step: step.to_owned(), attempts, error: error.into() }
    }

    /// What the workflow sees of it.
    pub(crate) fn into_error(self) -> Error {
        let Self { kind, step, attempts, error } = &self;
        let message = error.message();
        let error = match kind {
            FailureKind::Critical => of("critical_error", message.to_owned()),
            FailureKind::Rollback => of("rollback", message.to_owned()),
            FailureKind::Timeout => of("step_timed_out", format!("the step `{step}`: {message}")),
            FailureKind::Exhausted => of(
                "step_exhausted",
                format!("the step `{step}` has failed {attempts} times, at last with {error}"),
            ),
        };
        let origin = Origin {
            source: FailureSource::Step,
            name: step.clone(),
            step: Some((self.recorded(), *attempts)),
        };
        error.with_metadata(&origin)
    }
}

impl BlockFailure {
    /// Where an error of a block comes from.
    pub(crate) fn new(block: &str, error: Error) -> Self {
        let origin = error.metadata().filter(|_| error.group() == GROUP);
        let unknown = || Origin { source: FailureSource::Block, name: block.to_owned(), step: None };
        let origin = origin.and_then(|origin| crate::from_cbor(origin).ok());
        let Origin { source, name, step } = origin.unwrap_or_else(unknown);
        let source = if is(&error, "rollback") { FailureSource::Rollback } else { source };
        let step = step.map(|(recorded, attempts)| StepFailure::from_record(recorded, &name, attempts));
        Self { source, name, error, step }
    }
}

impl RecordedError {
    /// What an error is shown as.
    pub fn parse(text: &str) -> Self {
        let parts = text.split_once(": ").and_then(|(name, message)| Some((name.split_once('.')?, message)));
        let ((group, code), message) = parts.unwrap_or((("rivetkit", "internal_error"), text));
        Self { group: group.to_owned(), code: code.to_owned(), message: message.to_owned() }
    }
}

impl From<&Error> for RecordedError {
    fn from(error: &Error) -> Self {
        Self { group: cut(error.group()), code: cut(error.code()), message: cut(error.message()) }
    }
}

impl From<RecordedError> for Error {
    fn from(RecordedError { group, code, message }: RecordedError) -> Self {
        Self::new(&group, &code, message)
    }
}

/// An error as it is recorded in a line.
pub(crate) fn line(error: &Error) -> String {
    cut(&error.to_string())
}

/// As much of a text as is recorded; all of it if it was recorded before.
fn cut(text: &str) -> String {
    if text.len() <= MESSAGE_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MESSAGE_BYTES - CUT.len());
    format!("{}{CUT}", text.get(..end).unwrap_or_default())
}

/// An error of workflows.
pub(crate) fn of(code: &str, message: String) -> Error {
    Error::new(GROUP, code, message)
}

/// Whether it is this error of workflows.
pub(crate) fn is(error: &Error, code: &str) -> bool {
    error.group() == GROUP && error.code() == code
}

/// What a join or a race fails with.
pub(crate) fn of_branches(source: FailureSource, name: &str, message: String) -> Error {
    let code = if source == FailureSource::Race { "race_failed" } else { "join_failed" };
    of(code, message).with_metadata(&Origin { source, name: name.to_owned(), step: None })
}

/// How an error ends a step at once, if it does.
pub(crate) fn at_once(error: &Error) -> Option<FailureKind> {
    if is(error, "critical_error") {
        return Some(FailureKind::Critical);
    }
    is(error, "rollback").then_some(FailureKind::Rollback)
}
