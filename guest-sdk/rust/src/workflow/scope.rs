//! What is beneath one location: names that are used once, and one after the other.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::failure;
use super::location::Location;
use crate::Result;

/// The workflow itself, an iteration of a loop, a branch or a block.
pub(crate) struct Scope {
    pub location: Location,
    names: RefCell<BTreeSet<String>>,
    is_in_progress: Cell<bool>,
    has_checkpoint: Cell<bool>,
    /// The number of what was recorded last, here or by whoever goes on behind it or before it.
    last_order: Rc<Cell<u64>>,
}

/// An entry of a scope, until it is dropped the only one.
pub(crate) struct Place<'a>(&'a Scope);

impl Scope {
    /// The workflow itself.
    pub fn root() -> Self {
        Self::new(Location::default(), false, Rc::default())
    }

    /// One within it, which it waits for.
    pub fn beneath(&self, location: Location) -> Self {
        Self::new(location, self.has_checkpoint(), self.last_order.clone())
    }

    /// One within it, beside which others go on.
    pub fn branch(&self, location: Location) -> Self {
        Self::new(location, self.has_checkpoint(), Rc::new(Cell::clone(&self.last_order)))
    }

    fn new(location: Location, has_checkpoint: bool, last_order: Rc<Cell<u64>>) -> Self {
        let (names, is_in_progress) = (RefCell::default(), Cell::new(false));
        Self { location, names, is_in_progress, has_checkpoint: Cell::new(has_checkpoint), last_order }
    }

    /// Begins with an entry. Fails with `workflow.entry_in_progress` while there is another one, and with
    /// `workflow.duplicate_name` if the name was used.
    pub fn enter(&self, name: &str) -> Result<Place<'_>> {
        if self.is_in_progress.get() {
            let message = format!(
                "`{name}` begins while another entry of its scope is in progress: is there an `.await` missing?"
            );
            return Err(failure::of("entry_in_progress", message));
        }
        if !self.names.borrow_mut().insert(name.to_owned()) {
            let location = self.location.name(name);
            let message = format!("`{location}` is there twice: a name is used once in its scope");
            return Err(failure::of("duplicate_name", message));
        }
        self.is_in_progress.set(true);
        Ok(Place(self))
    }

    /// From here on steps may have rollback handlers.
    pub fn set_checkpoint(&self) {
        self.has_checkpoint.set(true);
    }

    pub fn has_checkpoint(&self) -> bool {
        self.has_checkpoint.get()
    }

    pub fn last_order(&self) -> u64 {
        self.last_order.get()
    }

    /// Something with this number is recorded here.
    pub fn note(&self, order: u64) {
        self.last_order.set(order.max(self.last_order.get()));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.is_in_progress.set(false);
    }
}
