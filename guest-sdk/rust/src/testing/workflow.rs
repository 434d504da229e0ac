//! What a test sees of a workflow.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::TestActor;
use super::imports::HOST;
use super::imports::workflow::Segment;
use crate::{Actor, Error, Result};

impl<A: Actor> TestActor<A> {
    /// How far the actor's workflow is: `running`, `sleeping`, `completed`, `failed`, ... `None` if it has none.
    pub fn workflow_state(&self) -> Option<String> {
        Some(run()?.get("state")?.as_str()?.to_owned())
    }

    /// What the workflow has returned. Fails when it has not, or something of another shape.
    pub fn workflow_output<T: DeserializeOwned>(&self) -> Result<T> {
        let output = run().and_then(|run| run.get("output").cloned());
        Ok(serde_json::from_value(output.unwrap_or(Value::Null))?)
    }

    /// The error that the workflow has failed with, as `group.code: message`.
    pub fn workflow_error(&self) -> Option<String> {
        let run = run()?;
        let field = |name: &str| run.get("error")?.get(name)?.as_str();
        Some(format!("{}.{}: {}", field("group")?, field("code")?, field("message")?))
    }

    /// The entries of the workflow, each with the path to it: `poll/~3/charge`.
    pub fn workflow_history(&self) -> Vec<(String, Value)> {
        HOST.with_borrow(|host| {
            let entries = host.workflow.history.values();
            let entry = |entry: &super::imports::workflow::Entry| {
                let path: Vec<_> = entry.location.iter().map(segment).collect();
                (path.join("/"), crate::from_cbor(&entry.value).unwrap_or_default())
            };
            entries.map(entry).collect()
        })
    }

    /// What the actor's `run`, or its workflow, has ended with, if that is an error.
    pub fn run_error(&self) -> Option<Error> {
        HOST.with_borrow(|host| host.answers.get(&host.run?)?.clone().err()).map(Error::from)
    }

    /// When the actor is started or woken by itself ([`crate::Ctx::wake_at`]).
    pub fn wakes_at_ms(&self) -> Option<u64> {
        HOST.with_borrow(|host| host.wake_at_ms)
    }
}

fn run() -> Option<Value> {
    crate::from_cbor(&HOST.with_borrow(|host| host.workflow.run.clone())?).ok()
}

fn segment(segment: &Segment) -> String {
    match segment {
        Segment::Name(name) => name.clone(),
        Segment::Iteration(iteration) => format!("~{iteration}"),
    }
}
