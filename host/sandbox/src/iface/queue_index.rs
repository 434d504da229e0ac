//! What an instance knows of its actor's queue, without the bodies of the messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rivet_ground::{MessageId, limits};

/// What the queue of one actor may hold.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Messages.
    pub messages: u64,
    /// Bytes in the body of one.
    pub message_bytes: u64,
    /// How many times one is received in vain before it is a dead letter.
    pub attempts: u64,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self {
            messages: limits::QUEUE_MESSAGES,
            message_bytes: limits::QUEUE_MESSAGE_BYTES,
            attempts: limits::QUEUE_ATTEMPTS,
        }
    }
}

/// What an instance knows of the queue.
#[derive(Default)]
pub(super) struct Queue {
    pub(super) limits: QueueLimits,
    /// None before it is needed.
    pub(super) index: Option<Index>,
    /// Those that the guest has received as completable, and not completed.
    pub(super) in_hand: BTreeSet<MessageId>,
    /// Those that were received in this turn, and what it takes to write them all again.
    pub(super) received: Vec<MessageId>,
    pub(super) received_bytes: usize,
    /// Whether a wait may have come to its end.
    pub(super) is_stirred: bool,
}

/// All messages of the queue, without their bodies.
#[derive(Default)]
pub(super) struct Index {
    pub(super) last_id: MessageId,
    pub(super) names: BTreeMap<MessageId, Arc<str>>,
    /// Those that nobody has in hand.
    by_name: HashMap<Arc<str>, BTreeSet<MessageId>>,
}

impl Queue {
    pub(super) fn new(limits: QueueLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Forgets the turn before.
    pub(super) fn begin_turn(&mut self) {
        self.received.clear();
        self.received_bytes = 0;
    }

    /// Goes on with what an instance before had in hand.
    pub(super) fn go_on(&mut self, in_hand: BTreeSet<MessageId>) {
        *self = Self { in_hand, is_stirred: true, ..Self::new(self.limits) };
    }

    /// Whether there is a message of any of these names; of the index as it is.
    pub(super) fn has_any(&self, names: &[String]) -> bool {
        let Some(index) = &self.index else { return false };
        if names.is_empty() { !index.by_name.is_empty() } else { names.iter().any(|name| index.has(name)) }
    }
}

impl Index {
    pub(super) fn add(&mut self, id: MessageId, name: String, is_in_hand: bool) {
        let name: Arc<str> = name.into();
        self.names.insert(id, Arc::clone(&name));
        if !is_in_hand {
            self.by_name.entry(name).or_default().insert(id);
        }
    }

    /// Nobody else may have it any more.
    pub(super) fn hold(&mut self, id: MessageId) {
        let Some(name) = self.names.get(&id) else { return };
        if let Some(of_name) = self.by_name.get_mut(name) {
            of_name.remove(&id);
            if of_name.is_empty() {
                self.by_name.remove(name);
            }
        }
    }

    pub(super) fn remove(&mut self, id: MessageId) {
        self.hold(id);
        self.names.remove(&id);
    }

    fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The first messages of any of these names, or of all for no names, oldest first, at most so many.
    pub(super) fn first(&self, names: &[String], count: usize) -> Vec<MessageId> {
        let wanted: BTreeSet<&BTreeSet<MessageId>> = match names {
            [] => self.by_name.values().collect(),
            names => names.iter().filter_map(|name| self.by_name.get(name.as_str())).collect(),
        };
        let mut first: Vec<MessageId> =
            wanted.into_iter().flat_map(|ids| ids.iter().take(count)).copied().collect();
        first.sort_unstable();
        first.truncate(count);
        first
    }
}
