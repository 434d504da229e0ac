//! What the hook `on_workflow_error` is told.

use serde::{Serialize, Serializer};

use super::failure::RecordedError;
use crate::Error;

/// Something went wrong in a workflow; for the hook `on_workflow_error`. As a value it is `{"step": {..}}`, `{"rollback": {..}}` or
/// `{"workflow": {..}}`, as in Rivet but for its `error`, which is `{"group", "code", "message"}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum WorkflowEvent {
    /// A step failed.
    #[serde(rename_all = "camelCase")]
    Step {
        /// The actor's id.
        workflow_id: String,
        /// The name of the step.
        step_name: String,
        /// Which attempt it was, from 1.
        attempt: u32,
        /// How many times it may be tried again.
        max_retries: u32,
        /// How many times it may be tried again now.
        remaining_retries: u32,
        /// Whether it will be tried again.
        will_retry: bool,
        /// After how many milliseconds.
        #[serde(rename = "retryDelay", skip_serializing_if = "Option::is_none")]
        retry_delay_ms: Option<u64>,
        /// When, in milliseconds since the Unix epoch.
        #[serde(rename = "retryAt", skip_serializing_if = "Option::is_none")]
        retry_at_ms: Option<u64>,
        /// What it failed with.
        #[serde(serialize_with = "record")]
        error: Error,
    },
    /// A rollback handler failed.
    #[serde(rename_all = "camelCase")]
    Rollback {
        /// The actor's id.
        workflow_id: String,
        /// The name of the step that it undoes.
        step_name: String,
        /// What it failed with.
        #[serde(serialize_with = "record")]
        error: Error,
    },
    /// The workflow failed, and is rolled back.
    #[serde(rename_all = "camelCase")]
    Workflow {
        /// The actor's id.
        workflow_id: String,
        /// What it failed with.
        #[serde(serialize_with = "record")]
        error: Error,
    },
}

fn record<S: Serializer>(error: &Error, serializer: S) -> Result<S::Ok, S::Error> {
    RecordedError::from(error).serialize(serializer)
}
