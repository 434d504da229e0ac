//! The actor's durable queue.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host::queue;
use crate::operation::Operation;
use crate::{Error, Result, dispatch};

/// The actor's durable queue: messages, each under a name, oldest first.
///
/// What is sent, received and completed commits with the turn. An action or `run` that waits for a message has a turn of its
/// own for each: whatever is done up to the next await commits together with the receipt, and if it panics, the message is
/// back where it was. After `max_queue_attempts` of the actor (5) it is a dead letter. An actor whose `run` does nothing but
/// wait for messages may sleep; a message wakes it, and `run` goes on where it waited.
///
/// Limits: `max_queue_size` of the actor (1,000 messages, `queue.full`), `max_queue_message_size` (65,536 bytes,
/// `queue.message_too_large`).
#[derive(Clone, Debug)]
pub struct Queue {
    _private: (),
}

/// Which messages to receive, and how: `Receive::all()`, `Receive::of(["jobs"]).completable()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receive {
    names: Vec<String>,
    timeout: Option<Duration>,
    completable: bool,
}

/// A message of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: u64,
    name: String,
    body: Vec<u8>,
    created_at_ms: u64,
    attempts: u32,
    completable: bool,
}

impl Receive {
    /// Messages of every name.
    pub fn all() -> Self {
        Self::default()
    }

    /// Messages of any of these names.
    pub fn of<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// Waits no longer than this. A time-out does not wake an actor that sleeps.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }

    /// What is received stays in the queue until [`Message::complete`]; nothing else is received before. If the actor starts
    /// cold meanwhile, it is received again.
    #[must_use]
    pub fn completable(self) -> Self {
        Self { completable: true, ..self }
    }
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// Puts a message at the end of the queue.
    pub fn send<T: Serialize>(&self, name: &str, body: &T) -> Result<Message> {
        let body = crate::to_cbor(body)?;
        let id = queue::send(name, &body)?;
        let (name, created_at_ms) = (name.to_owned(), dispatch::now_ms());
        Ok(Message { id, name, body, created_at_ms, attempts: 0, completable: false })
    }

    /// Puts a message at the end of the queue and waits until it is completed, for the response if there is one. Whoever
    /// receives it must be another future of the actor.
    ///
    /// Fails with `queue.timed_out`, and with `actor.aborted` when the actor is to go without its memory being kept.
    pub async fn send_and_wait<T: Serialize, R: DeserializeOwned>(
        &self,
        name: &str,
        body: &T,
        timeout: Option<Duration>,
    ) -> Result<Option<R>> {
        let operation = queue::send_and_wait(name, &crate::to_cbor(body)?, timeout.map(milliseconds))?;
        let response = Operation::new(operation).await?;
        if response.is_empty() { Ok(None) } else { crate::from_cbor(&response).map(Some) }
    }

    /// Waits for the next message; `None` when the time is over.
    ///
    /// Fails with `queue.previous_message_not_completed` while a completable one is not completed, and with
    /// `actor.aborted` when the actor is to go without its memory being kept.
    pub async fn next(&self, receive: &Receive) -> Result<Option<Message>> {
        Ok(self.next_batch(receive, 1).await?.pop())
    }

    /// Waits for messages, and takes at most this many; none when the time is over. Fails like [`Queue::next`].
    pub async fn next_batch(&self, receive: &Receive, count: u32) -> Result<Vec<Message>> {
        if count == 0 {
            return self.try_next_batch(receive, 0);
        }
        match self.wait(receive, Some(count)).await {
            Err(error) if error.group() == "queue" && error.code() == "timed_out" => Ok(Vec::new()),
            outcome => outcome,
        }
    }

    /// The next message if there is one now. Fails with `queue.previous_message_not_completed`.
    pub fn try_next(&self, receive: &Receive) -> Result<Option<Message>> {
        Ok(self.try_next_batch(receive, 1)?.pop())
    }

    /// The messages that there are now, at most this many. Fails with `queue.previous_message_not_completed`.
    pub fn try_next_batch(&self, receive: &Receive, count: u32) -> Result<Vec<Message>> {
        let Receive { names, completable, .. } = receive;
        let messages = queue::receive(names, count, *completable)?;
        let message = |message: queue::Message| Message {
            id: message.id,
            name: message.name,
            body: message.body,
            created_at_ms: message.created_at_ms,
            attempts: message.attempts,
            completable: *completable,
        };
        Ok(messages.into_iter().map(message).collect())
    }

    /// Like [`Queue::next`], but fails with `queue.timed_out` when the time is over.
    pub async fn wait_for(&self, receive: &Receive) -> Result<Message> {
        let received = self.wait(receive, Some(1)).await?.pop();
        received.ok_or_else(|| Error::internal("a message was received and is not there"))
    }

    /// Waits until there is a message, and leaves it where it is. Fails with `queue.timed_out` when the time is over.
    pub async fn wait_until_available(&self, receive: &Receive) -> Result<()> {
        self.wait(receive, None).await.map(drop)
    }

    /// Waits for messages, and takes at most this many if it is to take any. Each wait ends in a turn of its own: so a long
    /// queue is not one long turn.
    async fn wait(&self, receive: &Receive, take: Option<u32>) -> Result<Vec<Message>> {
        // What is refused is refused at once.
        self.try_next_batch(receive, 0)?;
        let until_ms =
            receive.timeout.map(|timeout| dispatch::now_ms().saturating_add(milliseconds(timeout)));
        loop {
            let left_ms = until_ms.map(|until_ms| until_ms.saturating_sub(dispatch::now_ms()));
            Operation::new(queue::wait(&receive.names, left_ms)?).await?;
            let Some(count) = take else { return Ok(Vec::new()) };
            // Another future may have been faster.
            let messages = self.try_next_batch(receive, count)?;
            if !messages.is_empty() {
                return Ok(messages);
            }
        }
    }
}

impl Message {
    /// Its number, from 1.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// What it was sent under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was sent. Fails when it is of another shape.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        crate::from_cbor(&self.body)
    }

    /// When it was sent, in milliseconds since the Unix epoch.
    pub fn created_at_ms(&self) -> u64 {
        self.created_at_ms
    }

    /// How many times it has been received, this time included.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Ends it, without a response.
    ///
    /// Fails with `queue.complete_not_configured` if it was not received as completable, with `queue.already_completed` if
    /// it was completed before.
    pub fn complete(&self) -> Result<()> {
        self.end(None)
    }

    /// Ends it with a response for whoever sent it and waits. Fails like [`Message::complete`].
    pub fn complete_with<T: Serialize>(&self, response: &T) -> Result<()> {
        self.end(Some(crate::to_cbor(response)?))
    }

    fn end(&self, response: Option<Vec<u8>>) -> Result<()> {
        if !self.completable {
            let text = "the message was not received as completable: it is gone from the queue already";
            return Err(Error::new("queue", "complete_not_configured", text.to_owned()));
        }
        queue::complete(self.id, response.as_deref()).map_err(Error::from)
    }
}

pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
