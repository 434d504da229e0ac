//! Jobs in the shapes that rivetkit gives them.

use std::time::Duration;

use rivet_guest::{Cadence, Firing, Job, Outcome, Result, Value};
use serde::{Deserialize, Serialize};

/// What `cron.set` and `cron.every` are given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    pub name: String,
    pub expression: Option<String>,
    pub timezone: Option<String>,
    pub interval: Option<u64>,
    pub action: String,
    pub args: Option<Vec<Value>>,
    pub max_history: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JobInfo {
    name: String,
    kind: &'static str,
    action: String,
    args: Vec<Value>,
    next_run_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run_at: Option<u64>,
    max_history: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fire {
    action: String,
    scheduled_at: u64,
    fired_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<u64>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorInfo>,
}

#[derive(Serialize)]
struct ErrorInfo {
    group: String,
    code: String,
    message: String,
    metadata: Option<Value>,
}

impl Wanted {
    pub fn cadence(&self) -> Cadence {
        match (&self.expression, self.interval) {
            (Some(expression), _) => {
                Cadence::Cron { expression: expression.clone(), time_zone: self.timezone.clone() }
            }
            (None, interval) => Cadence::Every(Duration::from_millis(interval.unwrap_or_default())),
        }
    }
}

pub fn info(job: Job) -> Result<JobInfo> {
    let args = job.args()?;
    let (kind, expression, timezone, interval) = match job.cadence {
        Cadence::Cron { expression, time_zone } => ("cron", Some(expression), time_zone, None),
        Cadence::Every(interval) => ("every", None, None, Some(interval.as_millis() as u64)),
    };
    Ok(JobInfo {
        name: job.name,
        kind,
        action: job.action,
        args,
        next_run_at: job.next_run_ms,
        last_run_at: job.last_run_ms,
        max_history: job.max_history,
        expression,
        timezone,
        interval,
    })
}

pub fn fire(firing: Firing) -> Result<Fire> {
    let (result, error) = match firing.outcome {
        Outcome::Running => ("running", None),
        Outcome::Ok => ("ok", None),
        Outcome::Skipped => ("skipped", None),
        Outcome::Error(error) => ("error", Some(error)),
    };
    let error = error.map(|error| {
        let metadata = error.metadata().map(rivet_guest::from_cbor).transpose()?;
        let [group, code, message] = [error.group(), error.code(), error.message()].map(str::to_owned);
        Ok::<_, rivet_guest::Error>(ErrorInfo { group, code, message, metadata })
    });
    Ok(Fire {
        action: firing.action,
        scheduled_at: firing.scheduled_at_ms,
        fired_at: firing.fired_at_ms,
        finished_at: firing.finished_at_ms,
        result,
        error: error.transpose()?,
    })
}
