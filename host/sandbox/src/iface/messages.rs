//! The messages of an actor's queue: what the store has of them, and what the instance knows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use bytes::Bytes;
use rivet_ground::{ActorError, MessageId, limits};
use rivet_store::{KeyRange, QueuedMessage, Table, WriteSet, message_id, message_row};

use crate::bindings::rivet::actor::queue::Message;
use crate::iface::fault::Fault;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::queue::{check_name, check_names};
use crate::log_lines::Level;

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
    limits: QueueLimits,
    /// None before it is needed.
    index: Option<Index>,
    /// Those that the guest has received as completable, and not completed.
    pub(super) in_hand: BTreeSet<MessageId>,
    /// Those that were received in this turn, and what it takes to write them all again.
    received: Vec<MessageId>,
    received_bytes: usize,
    /// Whether a wait may have come to its end.
    pub(super) is_stirred: bool,
}

/// All messages of the queue, without their bodies.
#[derive(Default)]
pub(super) struct Index {
    last_id: MessageId,
    names: BTreeMap<MessageId, Arc<str>>,
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
    fn add(&mut self, id: MessageId, name: String, is_in_hand: bool) {
        let name: Arc<str> = name.into();
        self.names.insert(id, Arc::clone(&name));
        if !is_in_hand {
            self.by_name.entry(name).or_default().insert(id);
        }
    }

    /// Nobody else may have it any more.
    fn hold(&mut self, id: MessageId) {
        let Some(name) = self.names.get(&id) else { return };
        if let Some(of_name) = self.by_name.get_mut(name) {
            of_name.remove(&id);
            if of_name.is_empty() {
                self.by_name.remove(name);
            }
        }
    }

    fn remove(&mut self, id: MessageId) {
        self.hold(id);
        self.names.remove(&id);
    }

    fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The first messages of any of these names, or of all for no names, oldest first, at most so many.
    fn first(&self, names: &[String], count: usize) -> Vec<MessageId> {
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

impl Inside {
    /// Puts a message at the end of the queue.
    pub(super) fn queue_message(
        &mut self,
        name: String,
        body: Bytes,
        now_ms: u64,
    ) -> Result<MessageId, Fault> {
        check_name(&name)?;
        let QueueLimits { messages, message_bytes, .. } = self.queue.limits;
        if body.len() as u64 > message_bytes {
            let text = format!("the message has {} bytes, over the limit of {message_bytes}", body.len());
            let numbers = [("size", body.len() as u64), ("limit", message_bytes)];
            return Err(refusal("message_too_large", text, &numbers).into());
        }
        let index = self.load_queue()?;
        if index.names.len() as u64 >= messages {
            let text = format!("the queue has {messages} messages, the most it may have");
            return Err(refusal("full", text, &[("limit", messages)]).into());
        }
        let id = index.last_id + 1;
        let message = QueuedMessage { name: name.clone(), body, created_ms: now_ms, attempts: 0 };
        let value = message.encode();
        self.check_room(value.len() + 2 * ROW_BYTES)?;
        self.queue.is_stirred = true;
        if let Some(index) = &mut self.queue.index {
            index.last_id = id;
            index.add(id, name, false);
        }
        let actor = self.identity.actor;
        let overlay = self.overlay()?;
        overlay.put(Table::Queue, message_row(actor, id), value);
        overlay.put(Table::QueueHeads, actor.as_bytes().to_vec(), id.to_be_bytes().to_vec());
        Ok(id)
    }

    /// Receives the oldest messages of any of these names.
    pub(super) fn receive(
        &mut self,
        names: &[String],
        count: u32,
        completable: bool,
        now_ms: u64,
    ) -> Result<Vec<Message>, Fault> {
        check_names(names)?;
        if let Some(id) = self.queue.in_hand.first() {
            let text = format!("message {id} is to be completed before another one is received");
            return Err(ActorError::new("queue", "previous_message_not_completed", text).into());
        }
        let (mut taken, mut taken_bytes) = (Vec::new(), 0);
        // One more look where there were letters that are dead.
        while taken.len() < count as usize && taken_bytes <= limits::QUEUE_RECEIVE_BYTES {
            let wanted = (count as usize - taken.len()).min(RECEIVE_STEP);
            let first = self.load_queue()?.first(names, wanted);
            if first.is_empty() {
                break;
            }
            for id in first {
                let message = self.message(id)?;
                match self.check_receipt(&message) {
                    Ok(()) => {}
                    Err(error) if taken.is_empty() => return Err(error.into()),
                    // What is taken already must reach the guest.
                    Err(_) => return Ok(taken),
                }
                if u64::from(message.attempts) >= self.queue.limits.attempts {
                    self.give_up(id, &message, now_ms)?;
                    continue;
                }
                taken_bytes += message.body.len();
                taken.push(self.take(id, message, completable)?);
                if taken_bytes > limits::QUEUE_RECEIVE_BYTES {
                    break;
                }
            }
        }
        Ok(taken)
    }

    /// Checks that the turn may receive one message more: that it may write what that takes, and that all that it has
    /// received can be written again, in one commit, if it traps.
    fn check_receipt(&mut self, message: &QueuedMessage) -> Result<(), ActorError> {
        let len_bytes = message.body.len() + message.name.len() + 3 * ROW_BYTES;
        self.check_room(len_bytes)?;
        let most_bytes = limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES;
        if self.queue.received_bytes + len_bytes > most_bytes {
            let text =
                format!("one turn may receive {most_bytes} bytes of messages; wait for more in the next one");
            return Err(ActorError::actor("turn_too_large", text));
        }
        self.queue.received_bytes += len_bytes;
        Ok(())
    }

    /// Takes one message out of the queue, or into the guest's hand.
    fn take(&mut self, id: MessageId, message: QueuedMessage, completable: bool) -> Result<Message, Fault> {
        let row = message_row(self.identity.actor, id);
        let message = QueuedMessage { attempts: message.attempts.saturating_add(1), ..message };
        if completable {
            self.overlay()?.put(Table::Queue, row, message.encode());
            self.queue.in_hand.insert(id);
            if let Some(index) = &mut self.queue.index {
                index.hold(id);
            }
        } else {
            self.overlay()?.delete(Table::Queue, row);
            self.forget_message(id);
        }
        self.queue.received.push(id);
        let QueuedMessage { name, body, created_ms, attempts } = message;
        Ok(Message { id, name, body: body.into(), created_at_ms: created_ms, attempts })
    }

    /// Removes a message that is completed.
    pub(super) fn remove_message(&mut self, id: MessageId) -> Result<(), Fault> {
        if !self.load_queue()?.names.contains_key(&id) {
            let text = format!("message {id} is not in the queue: it was completed before, or is none of it");
            return Err(ActorError::new("queue", "already_completed", text).into());
        }
        self.check_room(ROW_BYTES)?;
        let row = message_row(self.identity.actor, id);
        self.overlay()?.delete(Table::Queue, row);
        self.forget_message(id);
        Ok(())
    }

    /// What is to be written when a turn has trapped: the messages that it had received are where they were, each with one
    /// attempt more, or among the dead letters. The instance takes no more turns.
    pub(crate) fn messages_after_trap(&mut self, now_ms: u64) -> wasmtime::Result<WriteSet> {
        for id in std::mem::take(&mut self.queue.received) {
            // One that the turn had sent itself is not there.
            let row = message_row(self.identity.actor, id);
            let Some(value) = self.overlay()?.get(Table::Queue, &row).map_err(host_fault)? else { continue };
            let mut message = QueuedMessage::decode(&value).map_err(host_fault)?;
            message.attempts = message.attempts.saturating_add(1);
            if u64::from(message.attempts) >= self.queue.limits.attempts {
                self.give_up(id, &message, now_ms).map_err(Fault::into_host)?;
            } else {
                self.overlay()?.put(Table::Queue, row, message.encode());
            }
        }
        Ok(self.overlay()?.take())
    }

    /// Moves a message to the dead letters, of which the oldest go when there are too many.
    fn give_up(&mut self, id: MessageId, message: &QueuedMessage, now_ms: u64) -> Result<(), Fault> {
        let text = format!(
            "message {id} of the queue {:?} was received {} times in vain: it is a dead letter",
            message.name, message.attempts
        );
        self.log(Level::Warn, &text);
        self.forget_message(id);
        let row = message_row(self.identity.actor, id);
        let all = KeyRange::prefix(self.identity.actor.as_bytes(), limits::DEAD_LETTERS);
        let overlay = self.overlay()?;
        overlay.delete(Table::Queue, row.clone());
        let dead = overlay.scan(Table::DeadLetters, &all).map_err(host_fault)?;
        if let Some((oldest, _)) = dead.first().filter(|_| dead.len() >= limits::DEAD_LETTERS) {
            overlay.delete(Table::DeadLetters, oldest.clone());
        }
        overlay.put(Table::DeadLetters, row, message.encode_dead(now_ms));
        Ok(())
    }

    fn message(&mut self, id: MessageId) -> Result<QueuedMessage, Fault> {
        let row = message_row(self.identity.actor, id);
        let value = self.overlay()?.get(Table::Queue, &row).map_err(host_fault)?;
        let value = value.ok_or_else(|| host_fault("a message of the queue is not in the store"))?;
        Ok(QueuedMessage::decode(&value).map_err(host_fault)?)
    }

    fn forget_message(&mut self, id: MessageId) {
        if let Some(index) = &mut self.queue.index {
            index.remove(id);
        }
        self.queue.in_hand.remove(&id);
    }

    /// Puts what the guest has in hand back into the queue: whoever had it is gone.
    pub(crate) fn drop_hand(&mut self) {
        if !self.queue.in_hand.is_empty() {
            self.queue.in_hand.clear();
            self.queue.index = None;
            self.queue.is_stirred = true;
        }
    }

    /// The index, from the store at the first use.
    pub(super) fn load_queue(&mut self) -> Result<&Index, Fault> {
        if self.queue.index.is_none() {
            self.queue.index = Some(self.read_queue()?);
        }
        // It was just put there.
        Ok(self.queue.index.get_or_insert_default())
    }

    fn read_queue(&mut self) -> Result<Index, Fault> {
        let actor = self.identity.actor;
        let in_hand = self.queue.in_hand.clone();
        let overlay = self.overlay()?;
        let mut index = Index::default();
        let head = overlay.get(Table::QueueHeads, actor.as_bytes()).map_err(host_fault)?;
        let Some(head) = head else { return Ok(index) };
        let head = head.as_ref().try_into().map_err(|_| host_fault("the head of the queue is no number"))?;
        index.last_id = MessageId::from_be_bytes(head);
        // The bodies are read, too: in pages, because they may be many.
        let mut range = KeyRange::prefix(actor.as_bytes(), usize::MAX).limit_bytes(PAGE_BYTES);
        loop {
            let page = overlay.scan(Table::Queue, &range).map_err(host_fault)?;
            let Some((last, _)) = page.last() else { return Ok(index) };
            range = range.starting(Bound::Excluded(last));
            for (key, value) in &page {
                let id = message_id(key).ok_or_else(|| host_fault("a message of the queue has no number"))?;
                let name = QueuedMessage::decode(value).map_err(host_fault)?.name;
                index.add(id, name, in_hand.contains(&id));
            }
        }
    }
}

/// Bytes of a row beside a body and a name, at most: its key and what a message has of numbers.
const ROW_BYTES: usize = WriteSet::ROW_BYTES + 24 + 64;
/// Messages that are looked up at a time.
const RECEIVE_STEP: usize = 1_000;
/// Bytes of messages that are read at a time.
const PAGE_BYTES: usize = 1 << 20;

/// An error of the queue with numbers as its metadata.
fn refusal(code: &str, message: String, numbers: &[(&str, u64)]) -> ActorError {
    let numbers: BTreeMap<&str, u64> = numbers.iter().copied().collect();
    // Texts and numbers always encode.
    ActorError::new("queue", code, message).with_metadata(serde_cbor::to_vec(&numbers).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::{Workbench, nobody};

    fn code<T: std::fmt::Debug>(refused: Result<T, Fault>) -> String {
        match refused.unwrap_err() {
            Fault::Guest(error) => error.path(),
            Fault::Host(error) => panic!("{error:#}"),
        }
    }

    fn send(inside: &mut Inside, name: &str) -> MessageId {
        inside.queue_message(name.to_owned(), Bytes::from_static(&[1]), 7).unwrap()
    }

    /// Receives all there is, and gives numbers and attempts.
    fn receive(inside: &mut Inside, names: &[&str]) -> Vec<(MessageId, u32)> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let taken = inside.receive(&names, 100, false, 7).unwrap();
        taken.iter().map(|message| (message.id, message.attempts)).collect()
    }

    fn end(bench: &Workbench, inside: &mut Inside) {
        bench.commit(inside.overlay().unwrap().take());
        inside.queue.begin_turn();
    }

    #[test]
    fn the_next_instance_finds_the_queue() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        assert_eq!(["a", "b", "a"].map(|name| send(&mut inside, name)), [1, 2, 3]);
        end(&bench, &mut inside);
        let mut inside = bench.inside();
        assert_eq!(receive(&mut inside, &["a"]), [(1, 1), (3, 1)]);
        end(&bench, &mut inside);
        let mut inside = bench.inside();
        assert_eq!(receive(&mut inside, &[]), [(2, 1)]);
        // The newest number is known when no message is left.
        end(&bench, &mut inside);
        assert_eq!(send(&mut bench.inside(), "a"), 4);
    }

    #[test]
    fn what_a_trapped_turn_received_is_back_and_what_it_sent_is_not() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        send(&mut inside, "a");
        end(&bench, &mut inside);
        send(&mut inside, "b");
        assert_eq!(receive(&mut inside, &[]), [(1, 1), (2, 1)]);
        inside.drop_turn();
        bench.commit(inside.messages_after_trap(7).unwrap());
        assert_eq!(receive(&mut bench.inside(), &[]), [(1, 2)]);
    }

    #[test]
    fn dead_letters_are_bounded() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.queue = Queue::new(QueueLimits { attempts: 1, ..QueueLimits::default() });
        for _ in 0..=limits::DEAD_LETTERS {
            let id = send(&mut inside, "a");
            end(&bench, &mut inside);
            assert_eq!(receive(&mut inside, &[]), [(id, 1)]);
            inside.drop_turn();
            bench.commit(inside.messages_after_trap(7).unwrap());
            inside.queue = Queue::new(inside.queue.limits);
        }
        let all = KeyRange::prefix(inside.identity.actor.as_bytes(), usize::MAX);
        let dead = inside.overlay().unwrap().scan(Table::DeadLetters, &all).unwrap();
        assert_eq!((dead.len(), message_id(&dead[0].0)), (limits::DEAD_LETTERS, Some(2)));
        assert_eq!(receive(&mut inside, &[]), []);
    }

    #[test]
    fn what_is_received_too_often_is_given_up_when_it_is_next() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        send(&mut inside, "a");
        send(&mut inside, "b");
        for attempt in 1..=limits::QUEUE_ATTEMPTS as u32 {
            // As instances do that end before they complete it.
            inside.drop_hand();
            let taken = inside.receive(&["a".to_owned()], 1, true, 7).unwrap();
            assert_eq!((taken[0].id, taken[0].attempts), (1, attempt));
        }
        inside.drop_hand();
        assert_eq!(receive(&mut inside, &[]), [(2, 1)]);
        assert_eq!(code(inside.remove_message(1)), "queue.already_completed");
    }

    #[test]
    fn what_a_turn_receives_can_be_written_again_in_one_commit() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let body = Bytes::from(vec![0x40; limits::QUEUE_MESSAGE_BYTES as usize]);
        for _ in 0..2 * limits::TURN_WRITE_BYTES / body.len() - 50 {
            inside.queue_message("a".to_owned(), body.clone(), 7).unwrap();
            end(&bench, &mut inside);
        }
        let mut received = 0;
        let refused = loop {
            match inside.receive(&[], 1_000, false, 7) {
                Ok(taken) => received += taken.len(),
                Err(fault) => break code(Err::<(), _>(fault)),
            }
        };
        assert_eq!(refused, "actor.turn_too_large");
        inside.drop_turn();
        // The bench panics if the commit is refused.
        bench.commit(inside.messages_after_trap(7).unwrap());
        let again = bench.inside().receive(&[], 1, false, 7).unwrap();
        assert_eq!((again[0].id, again[0].attempts, received > 400), (1, 2, true));
    }

    #[test]
    fn what_is_in_hand_is_nobody_elses() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        send(&mut inside, "a");
        send(&mut inside, "b");
        inside.receive(&["a".to_owned()], 1, true, 7).unwrap();
        assert!(!inside.queue.has_any(&["a".to_owned()]) && inside.queue.has_any(&[]));
        end(&bench, &mut inside);
        let in_hand = inside.queue.in_hand.clone();
        inside.queue.go_on(in_hand);
        inside.load_queue().unwrap();
        assert!(!inside.queue.has_any(&["a".to_owned()]) && inside.queue.has_any(&["b".to_owned()]));
        inside.drop_hand();
        assert_eq!(receive(&mut inside, &[]), [(1, 2), (2, 1)]);
    }

    #[test]
    fn names_are_checked_and_a_component_that_describes_itself_has_no_queue() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let long = "x".repeat(limits::QUEUE_NAME_BYTES + 1);
        for name in ["", &long] {
            assert_eq!(code(inside.queue_message(name.to_owned(), Bytes::new(), 7)), "queue.invalid_name");
        }
        let many = vec!["a".to_owned(); limits::QUEUE_NAMES + 1];
        assert_eq!(code(inside.receive(&many, 1, false, 7)), "queue.too_many_names");
        let sent = nobody().queue_message("a".to_owned(), Bytes::new(), 7);
        assert_eq!(code(sent), "actor.invalid_operation");
    }
}
