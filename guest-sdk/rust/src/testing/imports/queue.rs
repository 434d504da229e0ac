//! The queue of a test's stand-in for the host.

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use crate::bindings::component::rivet::actor::queue::Message;

use super::{Host, HostError, error, host};

/// The most bytes of a response.
const RESPONSE_BYTES: usize = 1_048_576;

/// What a host knows of the queue.
#[derive(Default)]
pub(crate) struct Queue {
    pub last_id: u64,
    pub messages: BTreeMap<u64, Message>,
    /// Those that were received as completable, and not completed.
    pub in_hand: BTreeSet<u64>,
    /// The waits for messages, with their names and when each is over.
    pub waits: BTreeMap<u64, (Vec<String>, Option<u64>)>,
    /// The waits for messages to be completed: which message, and when each is over.
    pub responses: BTreeMap<u64, (u64, Option<u64>)>,
    /// The responses to the messages that were completed.
    pub completed: BTreeMap<u64, Option<Vec<u8>>>,
}

impl Queue {
    fn waiting(&self, names: &[String]) -> Vec<u64> {
        let all = self.messages.values().filter(|message| !self.in_hand.contains(&message.id));
        let wanted = all.filter(|message| names.is_empty() || names.contains(&message.name));
        wanted.map(|message| message.id).collect()
    }

    /// Takes a wait that has come to its end.
    pub fn take_ready(&mut self) -> Option<u64> {
        let is_ready =
            |(_, (names, _)): &(&u64, &(Vec<String>, Option<u64>))| !self.waiting(names).is_empty();
        let ready = self.waits.iter().find(is_ready).map(|(operation, _)| *operation)?;
        self.waits.remove(&ready);
        Some(ready)
    }

    /// Takes the first operation whose time is over by then, with that time.
    pub fn take_late(&mut self, until_ms: u64) -> Option<(u64, u64)> {
        let waits = self.waits.iter().map(|(operation, (_, at_ms))| (*operation, *at_ms));
        let responses = self.responses.iter().map(|(operation, (_, at_ms))| (*operation, *at_ms));
        let timed = waits.chain(responses).filter_map(|(operation, at_ms)| Some((at_ms?, operation)));
        let (at_ms, operation) = timed.filter(|(at_ms, _)| *at_ms <= until_ms).min()?;
        self.forget(operation);
        Some((at_ms, operation))
    }

    pub fn forget(&mut self, operation: u64) {
        self.waits.remove(&operation);
        self.responses.remove(&operation);
    }
}

impl Host {
    pub fn enqueue(&mut self, name: &str, body: &[u8]) -> u64 {
        self.queue.last_id += 1;
        let (id, created_at_ms) = (self.queue.last_id, self.now_ms);
        let message = Message { id, name: name.to_owned(), body: body.to_vec(), created_at_ms, attempts: 0 };
        self.queue.messages.insert(id, message);
        id
    }
}

pub(crate) fn send(name: &str, body: &[u8]) -> Result<u64, HostError> {
    Ok(host(|host| host.enqueue(name, body)))
}

pub(crate) fn send_and_wait(name: &str, body: &[u8], timeout_ms: Option<u64>) -> Result<u64, HostError> {
    Ok(host(|host| {
        let message = host.enqueue(name, body);
        let operation = host.start_operation();
        let at_ms = timeout_ms.map(|ms| host.now_ms.saturating_add(ms));
        host.queue.responses.insert(operation, (message, at_ms));
        operation
    }))
}

pub(crate) fn receive(names: &[String], count: u32, completable: bool) -> Result<Vec<Message>, HostError> {
    host(|host| {
        let queue = &mut host.queue;
        if !queue.in_hand.is_empty() {
            return Err(error("queue", "previous_message_not_completed", "a message is not completed"));
        }
        let taken = queue.waiting(names).into_iter().take(count as usize).filter_map(|id| {
            let mut message = queue.messages.remove(&id)?;
            message.attempts += 1;
            if completable {
                queue.messages.insert(id, message.clone());
                queue.in_hand.insert(id);
            }
            Some(message)
        });
        Ok(taken.collect())
    })
}

pub(crate) fn wait(names: &[String], timeout_ms: Option<u64>) -> Result<u64, HostError> {
    Ok(host(|host| {
        let operation = host.start_operation();
        let at_ms = timeout_ms.map(|ms| host.now_ms.saturating_add(ms));
        host.queue.waits.insert(operation, (names.to_vec(), at_ms));
        operation
    }))
}

pub(crate) fn complete(message: u64, response: Option<&[u8]>) -> Result<(), HostError> {
    if response.is_some_and(|response| response.len() > RESPONSE_BYTES) {
        return Err(error("message", "outgoing_too_long", "the response is too long"));
    }
    host(|host| {
        let queue = &mut host.queue;
        if queue.messages.remove(&message).is_none() {
            return Err(error("queue", "already_completed", "the message is not in the queue"));
        }
        queue.in_hand.remove(&message);
        let waits = queue.responses.iter().find(|(_, (id, _))| *id == message);
        if let Some(operation) = waits.map(|(operation, _)| *operation) {
            queue.responses.remove(&operation);
            host.completions.push_back((operation, response.unwrap_or_default().to_vec()));
        }
        host.queue.completed.insert(message, response.map(<[u8]>::to_vec));
        Ok(())
    })
}

pub(crate) fn hold(messages: &[u64]) -> Result<(), HostError> {
    host(|host| {
        let queue = &mut host.queue;
        queue.in_hand = messages.iter().copied().filter(|id| queue.messages.contains_key(id)).collect();
    });
    Ok(())
}
