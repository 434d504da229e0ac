//! The messages of an actor's queue: what the store has of them, and what the instance knows.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use rivet_ground::{ActorError, MessageId, limits};
use rivet_store::{KeyRange, QueuedMessage, Table, WriteSet, message_id, message_row};

use crate::bindings::rivet::actor::queue::Message;
use crate::iface::fault::Fault;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::queue::{check_name, check_names};
use crate::iface::queue_index::{Index, QueueLimits};
use crate::log_lines::Level;

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
            self.delete_message(id)?;
        }
        self.queue.received.push(id);
        let QueuedMessage { name, body, created_ms, attempts } = message;
        Ok(Message { id, name, body: body.into(), created_at_ms: created_ms, attempts })
    }

    /// Has these messages in the guest's hand, as far as they are in the queue, and no others.
    pub(super) fn hold_messages(&mut self, messages: Vec<MessageId>) -> Result<(), Fault> {
        let index = self.load_queue()?;
        let in_hand = messages.into_iter().filter(|id| index.names.contains_key(id)).collect();
        if self.queue.in_hand != in_hand {
            self.queue.in_hand = in_hand;
            self.queue.index = None;
            self.queue.is_stirred = true;
        }
        Ok(())
    }

    /// Removes a message that is completed.
    pub(super) fn remove_message(&mut self, id: MessageId) -> Result<(), Fault> {
        if !self.load_queue()?.names.contains_key(&id) {
            let text = format!("message {id} is not in the queue: it was completed before, or is none of it");
            return Err(ActorError::new("queue", "already_completed", text).into());
        }
        self.check_room(2 * ROW_BYTES)?;
        self.delete_message(id)
    }

    /// What is to be written when a turn has trapped: the messages that it had received are where they were, each with one
    /// attempt more, or among the dead letters. The instance takes no more turns.
    pub(crate) fn messages_after_trap(&mut self, now_ms: u64) -> wasmtime::Result<WriteSet> {
        // It knows of what the turn had sent.
        self.queue.index = None;
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
        self.delete_message(id)?;
        let row = message_row(self.identity.actor, id);
        let all = KeyRange::prefix(self.identity.actor.as_bytes(), limits::DEAD_LETTERS);
        let overlay = self.overlay()?;
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

    /// Takes a message out of the queue. If it is the newest, the number of the next is to be known without it.
    fn delete_message(&mut self, id: MessageId) -> Result<(), Fault> {
        let is_newest = self.load_queue()?.last_id == id;
        if let Some(index) = &mut self.queue.index {
            index.remove(id);
        }
        self.queue.in_hand.remove(&id);
        let actor = self.identity.actor;
        let overlay = self.overlay()?;
        overlay.delete(Table::Queue, message_row(actor, id));
        if is_newest {
            overlay.put(Table::QueueHeads, actor.as_bytes().to_vec(), id.to_be_bytes().to_vec());
        }
        Ok(())
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
        if let Some(head) = head {
            let head = head.as_ref().try_into();
            let head = head.map_err(|_| host_fault("the head of the queue is no number"))?;
            index.last_id = MessageId::from_be_bytes(head);
        }
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
                index.last_id = index.last_id.max(id);
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
mod tests;
