//! `rivet:actor/queue`.

use bytes::Bytes;
use rivet_ground::{ActorError, Effect, MessageId, OperationId, Outcome, limits};
use rivet_store::WriteSet;

use crate::bindings::rivet::actor::queue::{Host, Message};
use crate::guest::Guest;
use crate::iface::fault::{Fault, Faulty, finish};
use crate::iface::inside::Inside;
use crate::iface::operation::Pending;

impl Host for Guest {
    fn send(&mut self, name: String, body: Vec<u8>) -> Faulty<MessageId> {
        let now_ms = self.inside.time_ms;
        finish(self.inside.queue_message(name, body.into(), now_ms))
    }

    fn send_and_wait(&mut self, name: String, body: Vec<u8>, timeout_ms: Option<u64>) -> Faulty<OperationId> {
        let now_ms = self.inside.time_ms;
        finish(self.inside.send_and_wait(name, body.into(), timeout_ms, now_ms))
    }

    fn receive(&mut self, names: Vec<String>, count: u32, completable: bool) -> Faulty<Vec<Message>> {
        let now_ms = self.inside.time_ms;
        finish(self.inside.receive(&names, count, completable, now_ms))
    }

    fn wait(&mut self, names: Vec<String>, timeout_ms: Option<u64>) -> Faulty<OperationId> {
        finish(self.inside.wait_for_message(names, timeout_ms))
    }

    fn complete(&mut self, message: MessageId, response: Option<Vec<u8>>) -> Faulty<()> {
        finish(self.inside.complete_message(message, response.map(Bytes::from)))
    }

    fn hold(&mut self, messages: Vec<MessageId>) -> Faulty<()> {
        finish(self.inside.hold_messages(messages))
    }
}

impl Inside {
    /// Puts a message of somebody outside into the queue, between two turns. Returns the writes: commit them.
    ///
    /// # Errors
    /// The queue does not take it.
    pub(crate) fn enqueue(
        &mut self,
        name: String,
        body: Bytes,
        now_ms: u64,
    ) -> Result<(MessageId, WriteSet), ActorError> {
        let sent = self.queue_message(name, body, now_ms).map_err(|fault| match fault {
            Fault::Guest(error) => error,
            Fault::Host(error) => ActorError::new("core", "internal_error", format!("{error:#}")),
        });
        let writes = self.overlay()?.take();
        sent.map(|id| (id, writes))
    }

    fn send_and_wait(
        &mut self,
        name: String,
        body: Bytes,
        timeout_ms: Option<u64>,
        now_ms: u64,
    ) -> Result<OperationId, Fault> {
        // First what can be refused without a trace.
        let operation =
            self.start_operation(Pending::Response { message: 0, has_timeout: timeout_ms.is_some() })?;
        match self.queue_message(name, body, now_ms) {
            Ok(id) => {
                let pending = Pending::Response { message: id, has_timeout: timeout_ms.is_some() };
                self.pending_operations.insert(operation, pending);
                self.set_timeout(operation, timeout_ms);
                Ok(operation)
            }
            Err(fault) => {
                self.pending_operations.remove(&operation);
                Err(fault)
            }
        }
    }

    fn wait_for_message(
        &mut self,
        names: Vec<String>,
        timeout_ms: Option<u64>,
    ) -> Result<OperationId, Fault> {
        check_names(&names)?;
        self.check_filters(&names)?;
        let has_timeout = timeout_ms.is_some();
        let operation = self.start_operation(Pending::Message { names, has_timeout, is_over: false })?;
        self.set_timeout(operation, timeout_ms);
        self.queue.is_stirred = true;
        Ok(operation)
    }

    /// Checks that all waits together may name these, too: they are looked at after every message.
    fn check_filters(&self, names: &[String]) -> Result<(), ActorError> {
        let pending = self.pending_operations.values().filter_map(|pending| match pending {
            Pending::Message { names, .. } => Some(names),
            _ => None,
        });
        let len_bytes: usize =
            pending.flatten().chain(names).map(|name| name.len() + FILTER_NAME_BYTES).sum();
        if len_bytes <= limits::QUEUE_FILTER_BYTES {
            return Ok(());
        }
        let message = format!("all waits of an actor may have {} bytes of names", limits::QUEUE_FILTER_BYTES);
        Err(ActorError::new("queue", "too_many_names", message))
    }

    fn set_timeout(&mut self, operation: OperationId, timeout_ms: Option<u64>) {
        self.effects.extend(timeout_ms.map(|after_ms| Effect::SetTimeout { operation, after_ms }));
    }

    fn complete_message(&mut self, id: MessageId, response: Option<Bytes>) -> Result<(), Fault> {
        if let Some(len_bytes) = response.as_ref().map(Bytes::len)
            && len_bytes > limits::MESSAGE_OUT_BYTES
        {
            let message = format!(
                "the response has {len_bytes} bytes, over the limit of {}",
                limits::MESSAGE_OUT_BYTES
            );
            return Err(ActorError::new("message", "outgoing_too_long", message).into());
        }
        self.check_say(response.as_ref().map_or(0, Bytes::len))?;
        self.remove_message(id)?;
        let waits = |(_, pending): &(&OperationId, &Pending)| matches!(pending, Pending::Response { message, .. } if *message == id);
        let operation = self.pending_operations.iter().find(waits).map(|(operation, _)| *operation);
        let len_bytes = response.as_ref().map_or(0, Bytes::len);
        Ok(self.say(Effect::Complete { message: id, operation, response }, len_bytes)?)
    }

    /// The waits for messages that have come to their end since this was asked last: each is to be completed.
    ///
    /// # Errors
    /// The store cannot be read.
    pub(crate) fn ready_waits(&mut self) -> wasmtime::Result<Vec<OperationId>> {
        let mut ready = Vec::new();
        if !std::mem::take(&mut self.queue.is_stirred) || self.waits_for_message().next().is_none() {
            return Ok(ready);
        }
        let mut pending = std::mem::take(&mut self.pending_operations);
        let has = self.load_queue().map(drop).map_err(Fault::into_host);
        if has.is_ok() {
            for (operation, pending) in &mut pending {
                if let Pending::Message { names, is_over, .. } = pending
                    && !*is_over
                    && self.queue.has_any(names)
                {
                    *is_over = true;
                    ready.push(*operation);
                }
            }
        }
        self.pending_operations = pending;
        ready.sort_unstable();
        has.map(|()| ready)
    }

    /// The operations that wait for a message, or for a message to be completed.
    pub(crate) fn queue_operations(&self) -> Vec<OperationId> {
        let of_queue = |(operation, pending): (&OperationId, &Pending)| {
            matches!(pending, Pending::Message { .. } | Pending::Response { .. }).then_some(*operation)
        };
        let mut operations: Vec<OperationId> = self.pending_operations.iter().filter_map(of_queue).collect();
        operations.sort_unstable();
        operations
    }

    fn waits_for_message(&self) -> impl Iterator<Item = &Pending> {
        self.pending_operations
            .values()
            .filter(|pending| matches!(pending, Pending::Message { is_over: false, .. }))
    }

    /// How an operation ends whose time has come.
    pub(crate) fn at_time(&self, operation: OperationId) -> Outcome {
        match self.pending_operations.get(&operation) {
            Some(Pending::Message { .. }) => Err(timed_out("there was no message in time")),
            Some(Pending::Response { .. }) => Err(timed_out("the message was not completed in time")),
            _ => Ok(Bytes::new()),
        }
    }
}

/// What a name in a filter counts beside its bytes.
const FILTER_NAME_BYTES: usize = 24;

fn timed_out(message: &str) -> ActorError {
    ActorError::new("queue", "timed_out", message)
}

/// Checks the names of a filter.
pub(super) fn check_names(names: &[String]) -> Result<(), ActorError> {
    if names.len() > limits::QUEUE_NAMES {
        let message = format!("{} names to wait for, over the limit of {}", names.len(), limits::QUEUE_NAMES);
        return Err(ActorError::new("queue", "too_many_names", message));
    }
    names.iter().try_for_each(|name| check_name(name))
}

/// Checks the name of a queue.
pub(super) fn check_name(name: &str) -> Result<(), ActorError> {
    if (1..=limits::QUEUE_NAME_BYTES).contains(&name.len()) {
        return Ok(());
    }
    let message =
        format!("the name of a queue has 1 to {} bytes, not {}", limits::QUEUE_NAME_BYTES, name.len());
    Err(ActorError::new("queue", "invalid_name", message))
}
