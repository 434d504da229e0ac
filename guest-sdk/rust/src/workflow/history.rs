//! What the workflow had done before this start, as far as it has not come by there again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Bound;

use serde::Deserialize;

use super::entry::{Entry, EntryKind};
use super::failure;
use super::location::Location;
use crate::Result;
use crate::host::workflow;

/// What is in the history.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The entries that were read and not visited yet, encoded; empty while the workflow does what it has never done. The host
    /// bounds how many there are.
    entries: RefCell<BTreeMap<Location, Vec<u8>>>,
    /// Whether there is a rollback checkpoint anywhere in it.
    has_checkpoint: Cell<bool>,
}

impl History {
    /// Reads all that is durable, and what this turn has written. The number of what was recorded last, 0 if nothing was, and
    /// the messages that are to be completed.
    pub fn load(&self) -> Result<(u64, BTreeMap<u64, Location>)> {
        #[derive(Deserialize)]
        struct Known {
            #[serde(default)]
            order: u64,
            kind: EntryKind,
            /// Of a message that is to be completed, its number.
            held: Option<u64>,
        }
        let (mut last_order, mut held, mut history) = (0, BTreeMap::new(), BTreeMap::new());
        for entry in workflow::entries()? {
            let location = Location::from_host(entry.location);
            if let Ok(known) = crate::from_cbor::<Known>(&entry.value) {
                last_order = known.order.max(last_order);
                if known.kind == EntryKind::RollbackCheckpoint {
                    self.set_checkpoint();
                }
                held.extend(known.held.map(|message| (message, location.clone())));
            }
            history.insert(location, entry.value);
        }
        self.entries.replace(history);
        Ok((last_order, held))
    }

    /// There is a rollback checkpoint.
    pub fn set_checkpoint(&self) {
        self.has_checkpoint.set(true);
    }

    /// Whether a step anywhere may have a rollback handler.
    pub fn has_checkpoint(&self) -> bool {
        self.has_checkpoint.get()
    }

    /// Visits an entry, once. Fails with `workflow.history_diverged` if it is of another kind.
    pub fn visit(&self, location: &Location, kind: EntryKind) -> Result<Option<Entry>> {
        let Some(bytes) = self.entries.borrow_mut().remove(location) else { return Ok(None) };
        let entry: Entry = crate::from_cbor(&bytes).map_err(|error| {
            diverged(format!("the entry `{location}` cannot be read: {}", error.message()))
        })?;
        if entry.kind != kind {
            return Err(diverged(format!("`{location}` is a {kind} now, and was a {}", entry.kind)));
        }
        Ok(Some(entry))
    }

    /// The kind of an entry that was not visited, if it can be read.
    pub fn kind(&self, location: &Location) -> Option<EntryKind> {
        let history = self.entries.borrow();
        crate::from_cbor::<Entry>(history.get(location)?).ok().map(|entry| entry.kind)
    }

    /// Passes by all entries there and beneath.
    pub fn pass(&self, location: &Location) {
        let passed: Vec<_> = self.within(location, |_| true);
        let mut history = self.entries.borrow_mut();
        for location in passed {
            history.remove(&location);
        }
    }

    /// Passes by the iterations of a loop before this one.
    pub fn pass_iterations(&self, location: &Location, before: u32) {
        let passed = self.within(location, |entry| entry.is_before(before, location));
        let mut history = self.entries.borrow_mut();
        for location in passed {
            history.remove(&location);
        }
    }

    /// Fails with `workflow.history_diverged` if something there or beneath was not visited.
    pub fn check_visited(&self, location: &Location) -> Result<()> {
        match self.within(location, |_| true).first() {
            None => Ok(()),
            Some(left) => Err(diverged(format!(
                "`{left}` is in the history, and the workflow has not come by there; what is not in the code any more is \
                 for `flow.removed(..)`"
            ))),
        }
    }

    /// Whether something there or beneath was not visited.
    pub fn has_unvisited(&self, location: &Location) -> bool {
        let history = self.entries.borrow();
        let first = history.range((Bound::Included(location), Bound::Unbounded)).next();
        first.is_some_and(|(first, _)| first.is_within(location))
    }

    fn within(&self, location: &Location, is_wanted: impl Fn(&Location) -> bool) -> Vec<Location> {
        let history = self.entries.borrow();
        let behind = history.range((Bound::Included(location), Bound::Unbounded));
        let within = behind.map(|(entry, _)| entry).take_while(|entry| entry.is_within(location));
        within.filter(|entry| is_wanted(entry)).cloned().collect()
    }
}

/// The code of the workflow and its history do not fit together.
pub(crate) fn diverged(message: String) -> crate::Error {
    failure::of("history_diverged", message)
}
