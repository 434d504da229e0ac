//! `rivet:actor/workflow`.

use bytes::Bytes;
use rivet_ground::{ActorError, EventKind, limits};
use rivet_store::{
    HistoryEntry, KeyRange, Segment, Table, WriteSet, history_beneath, history_row, run_row, run_state,
    traps_row,
};

use crate::bindings::rivet::actor::workflow::{self as wit, Entry, Host};
use crate::guest::Guest;
use crate::iface::fault::{Fault, Faulty, finish};
use crate::iface::inside::{Inside, host_fault};
use crate::log_lines::Level;

/// What an instance knows of its actor's workflow: nothing of any single entry.
#[derive(Default)]
pub(super) struct Workflow {
    /// The size of the history, once known.
    size: Option<Size>,
    /// How many turns have trapped, once known.
    traps: Option<u32>,
    /// Whether this turn goes on with what the actor does by itself, and is not the first of somebody's call.
    is_own: bool,
}

#[derive(Clone, Copy, Default)]
struct Size {
    entries: usize,
    len_bytes: usize,
}

impl Workflow {
    pub(super) fn begin_turn(&mut self, kind: EventKind) {
        self.is_own = matches!(kind, EventKind::Run | EventKind::Completion);
    }

    /// Forgets what the turn has changed.
    pub(super) fn drop_turn(&mut self) {
        self.size = None;
        self.traps = None;
    }
}

impl Host for Guest {
    fn entries(&mut self) -> Faulty<Vec<Entry>> {
        finish(self.inside.workflow_history())
    }

    fn put(&mut self, location: Vec<wit::Segment>, value: Vec<u8>) -> Faulty<()> {
        finish(self.inside.put_history(location, value))
    }

    fn delete(&mut self, location: Vec<wit::Segment>) -> Faulty<()> {
        finish(self.inside.delete_history(location))
    }

    fn run(&mut self) -> Faulty<Option<Vec<u8>>> {
        finish(self.inside.workflow_run().map(|run| run.map(Vec::from)))
    }

    fn set_run(&mut self, value: Vec<u8>) -> Faulty<()> {
        finish(self.inside.set_workflow_run(value))
    }

    fn traps(&mut self) -> Faulty<u32> {
        finish(self.inside.traps())
    }
}

impl Inside {
    fn workflow_history(&mut self) -> Result<Vec<Entry>, Fault> {
        let rows = self.read_history()?;
        let entry = |(key, value): (Bytes, Bytes)| {
            let HistoryEntry { location, value } = HistoryEntry::parse(&key, value).map_err(host_fault)?;
            Ok(Entry { location: location.into_iter().map(to_wit).collect(), value: value.into() })
        };
        rows.into_iter().map(entry).collect()
    }

    fn put_history(&mut self, location: Vec<wit::Segment>, value: Vec<u8>) -> Result<(), Fault> {
        let row = history_row(self.identity.actor, &checked(location)?);
        check_value(&value)?;
        let size = self.history_size()?;
        let overlay = self.overlay()?;
        let before = overlay.get(Table::WorkflowHistory, &row).map_err(host_fault)?;
        let before_bytes = before.as_ref().map_or(0, |before| row.len() + before.len());
        let size = Size {
            entries: size.entries + usize::from(before.is_none()),
            len_bytes: size.len_bytes.saturating_sub(before_bytes) + row.len() + value.len(),
        };
        if size.entries > limits::WORKFLOW_ENTRIES || size.len_bytes > limits::WORKFLOW_HISTORY_BYTES {
            let (entries, len_bytes) = (limits::WORKFLOW_ENTRIES, limits::WORKFLOW_HISTORY_BYTES);
            let message = format!("the history may have {entries} entries and {len_bytes} bytes");
            return Err(error("history_too_large", message).into());
        }
        self.check_room(2 * ROW_BYTES + row.len() + value.len())?;
        if self.traps()? > 0 {
            let row = traps_row(self.identity.actor);
            self.overlay()?.delete(Table::Workflows, row);
            self.workflow.traps = Some(0);
        }
        self.overlay()?.put(Table::WorkflowHistory, row, value);
        self.workflow.size = Some(size);
        Ok(())
    }

    fn delete_history(&mut self, location: Vec<wit::Segment>) -> Result<(), Fault> {
        let beneath = history_beneath(self.identity.actor, &checked(location)?);
        let size = self.history_size()?;
        let rows = self.overlay()?.scan(Table::WorkflowHistory, &beneath).map_err(host_fault)?;
        self.check_room(rows.iter().map(|(key, _)| ROW_BYTES + key.len()).sum())?;
        let len_bytes: usize = rows.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.workflow.size = Some(Size {
            entries: size.entries.saturating_sub(rows.len()),
            len_bytes: size.len_bytes.saturating_sub(len_bytes),
        });
        let overlay = self.overlay()?;
        rows.into_iter().for_each(|(key, _)| overlay.delete(Table::WorkflowHistory, key));
        Ok(())
    }

    fn workflow_run(&mut self) -> Result<Option<Bytes>, Fault> {
        let row = run_row(self.identity.actor);
        Ok(self.overlay()?.get(Table::Workflows, &row).map_err(host_fault)?)
    }

    fn set_workflow_run(&mut self, value: Vec<u8>) -> Result<(), Fault> {
        check_value(&value)?;
        self.check_room(ROW_BYTES + value.len())?;
        let row = run_row(self.identity.actor);
        self.overlay()?.put(Table::Workflows, row, value);
        Ok(())
    }

    fn traps(&mut self) -> Result<u32, Fault> {
        if let Some(traps) = self.workflow.traps {
            return Ok(traps);
        }
        let row = traps_row(self.identity.actor);
        let count = self.overlay()?.get(Table::Workflows, &row).map_err(host_fault)?;
        let count = count.map_or(Ok([0; 4]), |count| count.as_ref().try_into());
        let traps =
            count.map(u32::from_be_bytes).map_err(|_| host_fault("the count of traps is no number"))?;
        self.workflow.traps = Some(traps);
        Ok(traps)
    }

    /// What is to be written when a turn of a workflow has trapped: that it did. Nothing where there is no workflow, or it has
    /// ended.
    pub(crate) fn workflow_after_trap(&mut self) -> WriteSet {
        if !self.workflow.is_own {
            return WriteSet::new();
        }
        self.count_trap().unwrap_or_else(|fault| {
            let error = fault.into_host();
            self.log(Level::Error, &format!("that its workflow trapped could not be noted: {error:#}"));
            WriteSet::new()
        })
    }

    fn count_trap(&mut self) -> Result<WriteSet, Fault> {
        let has_ended = |run: Bytes| run_state(&run).is_some_and(|state| ENDED.contains(&&*state));
        if self.workflow_run()?.is_none_or(has_ended) {
            return Ok(WriteSet::new());
        }
        let traps = self.traps()?.saturating_add(1);
        let row = traps_row(self.identity.actor);
        let overlay = self.overlay()?;
        overlay.put(Table::Workflows, row, traps.to_be_bytes().to_vec());
        Ok(overlay.take())
    }

    fn history_size(&mut self) -> Result<Size, Fault> {
        if self.workflow.size.is_none() {
            self.read_history()?;
        }
        Ok(self.workflow.size.unwrap_or_default())
    }

    /// The whole history, whose size is known then.
    fn read_history(&mut self) -> Result<Vec<(Bytes, Bytes)>, Fault> {
        let all = KeyRange::prefix(self.identity.actor.as_bytes(), limits::WORKFLOW_ENTRIES);
        let rows = self.overlay()?.scan(Table::WorkflowHistory, &all).map_err(host_fault)?;
        let len_bytes = rows.iter().map(|(key, value)| key.len() + value.len()).sum();
        self.workflow.size = Some(Size { entries: rows.len(), len_bytes });
        Ok(rows)
    }
}

/// The states of a workflow that does nothing any more.
const ENDED: [&str; 3] = ["failed", "completed", "cancelled"];
/// Bytes of a row beside what the guest gives.
const ROW_BYTES: usize = WriteSet::ROW_BYTES + 32;

fn error(code: &str, message: String) -> ActorError {
    ActorError::new("workflow", code, message)
}

fn check_value(value: &[u8]) -> Result<(), ActorError> {
    if value.len() <= limits::WORKFLOW_VALUE_BYTES {
        return Ok(());
    }
    let (len_bytes, most) = (value.len(), limits::WORKFLOW_VALUE_BYTES);
    Err(error("value_too_large", format!("the value has {len_bytes} bytes, over the limit of {most}")))
}

fn checked(location: Vec<wit::Segment>) -> Result<Vec<Segment>, ActorError> {
    let (most, most_bytes) = (limits::WORKFLOW_SEGMENTS, limits::WORKFLOW_NAME_BYTES);
    let is_sound = |segment: &wit::Segment| match segment {
        wit::Segment::Name(name) => (1..=most_bytes).contains(&name.len()),
        wit::Segment::Iteration(_) => true,
    };
    if !(1..=most).contains(&location.len()) || !location.iter().all(is_sound) {
        let message =
            format!("a location has 1 to {most} segments, and a name in it 1 to {most_bytes} bytes");
        return Err(error("invalid_location", message));
    }
    let segment = |segment| match segment {
        wit::Segment::Name(name) => Segment::Name(name),
        wit::Segment::Iteration(iteration) => Segment::Iteration(iteration),
    };
    Ok(location.into_iter().map(segment).collect())
}

fn to_wit(segment: Segment) -> wit::Segment {
    match segment {
        Segment::Name(name) => wit::Segment::Name(name),
        Segment::Iteration(iteration) => wit::Segment::Iteration(iteration),
    }
}

#[cfg(test)]
mod tests;
