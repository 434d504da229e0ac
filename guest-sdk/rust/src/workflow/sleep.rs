//! Waiting for a time.

use serde_cbor::Value;

use super::entry::{Entry, EntryKind};
use super::flow::Workflow;
use crate::{Actor, Result, dispatch};

/// From here on the actor may sleep meanwhile, in milliseconds.
const REST_MS: u64 = 100;

/// Waits until a time, which is durable before it waits.
pub(crate) async fn sleep_until<A: Actor>(flow: &Workflow<A>, name: &str, deadline_ms: u64) -> Result<()> {
    let engine = &*flow.engine;
    let _place = flow.enter(name).await;
    let location = flow.scope.location.name(name);
    let mut entry = match flow.visit(&location, EntryKind::Sleep).await {
        Some(entry) if entry.is_completed() => return Ok(()),
        Some(entry) => entry,
        None => {
            flow.stop_rollback().await;
            let entry = pending(Entry::new(EntryKind::Sleep, &location), deadline_ms);
            engine.put(&location, &entry).await;
            entry
        }
    };
    flow.stop_rollback().await;
    let deadline_ms = entry.deadline.unwrap_or_default();
    let left_ms = deadline_ms.saturating_sub(dispatch::now_ms());
    engine.alarms.at(deadline_ms, left_ms >= REST_MS).await;
    entry = flow.numbered(over(entry, "completed"));
    engine.put(&location, &entry).await;
    Ok(())
}

/// The entry of a time that is to come.
pub(crate) fn pending(entry: Entry, deadline_ms: u64) -> Entry {
    Entry { deadline: Some(deadline_ms), state: Some(Value::Text("pending".to_owned())), ..entry }
}

/// The entry of a time that is not waited for any more: "completed" if it has come, else "interrupted".
pub(crate) fn over(entry: Entry, state: &str) -> Entry {
    Entry { state: Some(Value::Text(state.to_owned())), ..entry.completed() }
}
