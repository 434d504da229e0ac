//! The books of an account: what has left it, and what has arrived.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// Money on its way to another account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// The key of the other account.
    pub to: Vec<String>,
    pub amount: i64,
}

/// Transfers that have left and are not known to have arrived, each under a number of its own.
#[derive(Default, Serialize, Deserialize)]
pub struct Outgoing {
    last: u64,
    transfers: BTreeMap<u64, Transfer>,
}

impl Outgoing {
    pub fn begin(&mut self, transfer: Transfer) -> u64 {
        self.last += 1;
        self.transfers.insert(self.last, transfer);
        self.last
    }

    pub fn end(&mut self, number: u64) -> Option<Transfer> {
        self.transfers.remove(&number)
    }

    /// A transfer, and the number below which all of them are settled.
    pub fn find(&self, number: u64) -> Option<(Transfer, u64)> {
        let transfer = self.transfers.get(&number)?.clone();
        Some((transfer, self.transfers.keys().next().copied().unwrap_or(number)))
    }

    pub fn numbers(&self) -> Vec<u64> {
        self.transfers.keys().copied().collect()
    }

    pub fn len(&self) -> usize {
        self.transfers.len()
    }
}

/// Transfers that an action is settling. They are in memory alone: without it nobody settles them.
#[derive(Clone, Default)]
pub struct InHand(Rc<RefCell<BTreeSet<u64>>>);

impl InHand {
    /// Takes a transfer in hand until the answer is dropped.
    pub fn take(&self, number: u64) -> Hold {
        self.0.borrow_mut().insert(number);
        Hold { of: self.clone(), number }
    }

    pub fn has(&self, number: u64) -> bool {
        self.0.borrow().contains(&number)
    }
}

/// A transfer in hand.
pub struct Hold {
    of: InHand,
    pub number: u64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.of.0.borrow_mut().remove(&self.number);
    }
}

/// What became of a transfer from another account.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    Arrived,
    /// It had not arrived, and does not any more.
    Revoked,
}

/// What has become of transfers from others, by the account that they come from. Of each account something is kept for
/// ever: what comes late must be told from what is new.
#[derive(Default, Serialize, Deserialize)]
pub struct Incoming(BTreeMap<String, Sender>);

/// What has come from one account.
#[derive(Default, Serialize, Deserialize)]
struct Sender {
    /// All below are settled: what comes of them now was sent before, and comes late.
    settled_below: u64,
    verdicts: BTreeMap<u64, Verdict>,
}

impl Incoming {
    /// What has become of a transfer; none if it is new. Nobody waits for the answer to one that is settled.
    pub fn verdict(&self, from: &str, number: u64) -> Option<Verdict> {
        let sender = self.0.get(from)?;
        if number < sender.settled_below {
            Some(Verdict::Revoked)
        } else {
            sender.verdicts.get(&number).copied()
        }
    }

    /// Notes what has become of a transfer, and forgets those that the other account asks for no more.
    pub fn note(&mut self, from: &str, number: u64, verdict: Verdict, settled_below: u64) {
        let sender = self.0.entry(from.to_owned()).or_default();
        sender.settled_below = sender.settled_below.max(settled_below);
        sender.verdicts.insert(number, verdict);
        sender.verdicts.retain(|number, _| *number >= sender.settled_below);
    }
}
