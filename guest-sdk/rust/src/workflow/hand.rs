//! The messages that a workflow has in hand.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::location::Location;
use crate::host::queue;
use crate::{Error, Log, Result};

/// The messages that were received as completable and are not completed, with the places of their entries. The host has the same
/// in hand, so nobody else of the actor receives them.
#[derive(Default)]
pub(crate) struct Hand(RefCell<BTreeMap<u64, Location>>);

impl Hand {
    /// A message was received.
    pub fn take(&self, message: u64, location: Location) {
        self.0.borrow_mut().insert(message, location);
    }

    /// Has what was received before this start, and no more than that.
    pub fn replace(&self, held: BTreeMap<u64, Location>) -> Result<()> {
        let ids: Vec<u64> = held.keys().copied().collect();
        let before = self.0.replace(held);
        if before.is_empty() && ids.is_empty() { Ok(()) } else { queue::hold(&ids).map_err(Error::from) }
    }

    /// Puts back what was received there or beneath: nobody comes by there to complete it.
    pub fn put_back(&self, location: &Location) -> Result<()> {
        let mut kept = self.0.borrow().clone();
        kept.retain(|_, held| !held.is_within(location));
        if kept.len() == self.0.borrow().len() { Ok(()) } else { self.replace(kept) }
    }

    /// Fails with `queue.previous_message_not_completed` while something is in hand.
    pub fn check_empty(&self) -> Result<()> {
        if self.0.borrow().is_empty() {
            return Ok(());
        }
        let text = "a completable message of the workflow is not completed";
        Err(Error::new("queue", "previous_message_not_completed", text.to_owned()))
    }

    /// Completes a message.
    pub fn complete(&self, message: u64, response: Option<&[u8]>) -> Result<()> {
        match queue::complete(message, response) {
            Err(error) if error.code == "already_completed" => {
                // Somebody else of the actor has had it: nobody waits for it any more.
                Log::new()
                    .warn(format_args!("the message {message} was not in the queue when it was completed"));
            }
            outcome => outcome?,
        }
        self.0.borrow_mut().remove(&message);
        Ok(())
    }
}
