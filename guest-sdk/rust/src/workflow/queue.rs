//! Messages for a workflow.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_cbor::Value;

use super::engine::Engine;
use super::entry::{Entry, EntryKind, Status, encode, from_value, to_value};
use super::failure::{self, RecordedError};
use super::flow::Workflow;
use super::history::diverged;
use super::location::Location;
use super::sleep;
use crate::host::queue;
use crate::operation::Operation;
use crate::schedule::milliseconds;
use crate::{Actor, Error, Result, dispatch};

/// Waits for messages of the actor's queue; from [`Workflow::queue`]. Receiving one and recording it are one turn.
#[must_use = "this does nothing until `next` or `next_batch` is awaited"]
pub struct WorkflowQueue<'a, A> {
    flow: &'a Workflow<A>,
    name: String,
    names: Vec<String>,
    timeout_ms: Option<u64>,
    is_completable: bool,
}

/// A message that a workflow has received.
pub struct WorkflowMessage {
    engine: Rc<Engine>,
    location: Location,
    entry: Entry,
    data: Data,
    is_completable: bool,
    /// Whether it was completed here, and not before the actor started.
    is_completed: Cell<bool>,
}

/// A message as its entry has it, which is as the inspector of Rivet shows it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(rename = "__rivetWorkflowQueueMessage")]
    marker: u8,
    id: String,
    name: String,
    body: Value,
    created_at: u64,
    completed: bool,
}

/// The entries of one receipt.
struct Places {
    count: Location,
    deadline: Location,
}

impl<'a, A: Actor> WorkflowQueue<'a, A> {
    pub(super) fn new(flow: &'a Workflow<A>, name: String) -> Self {
        Self { flow, name, names: Vec::new(), timeout_ms: None, is_completable: false }
    }

    /// Messages of these names; without it, of all.
    pub fn names<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Waits no longer than this. The actor may sleep meanwhile, and wakes when the time is over.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout_ms = Some(milliseconds(timeout));
        self
    }

    /// What is received stays in the queue until [`WorkflowMessage::complete`], and nothing else is received before.
    pub fn completable(mut self) -> Self {
        self.is_completable = true;
        self
    }

    /// The next message.
    ///
    /// Fails with `queue.timed_out` when the time is over, and with `queue.previous_message_not_completed` while a completable
    /// one is not completed; a replay fails as it did.
    pub async fn next(self) -> Result<WorkflowMessage> {
        let message = format!("no message for `{}` came in time", self.name);
        let received = self.next_batch(1).await?.pop();
        received.ok_or_else(|| Error::new("queue", "timed_out", message))
    }

    /// The next messages, at most this many and one at least; none when the time is over.
    ///
    /// Fails with `queue.previous_message_not_completed` while a completable one is not completed; a replay fails as it did.
    pub async fn next_batch(self, count: u32) -> Result<Vec<WorkflowMessage>> {
        let Self { flow, name, .. } = &self;
        let _place = flow.enter(name).await;
        let scope = &flow.scope.location;
        let places = Places {
            count: scope.name(format!("{name}:count")),
            deadline: scope.name(format!("{name}:deadline")),
        };
        let deadline = flow.visit(&places.deadline, EntryKind::Sleep).await;
        if let Some(counted) = flow.visit(&places.count, EntryKind::Message).await {
            if let Some(refusal) = counted.error {
                return Err(RecordedError::parse(&refusal).into());
            }
            return Ok(self.replay(from_value(counted.data)?).await);
        }
        flow.stop_rollback().await;
        let deadline = self.deadline(&places, deadline).await;
        let until_ms = deadline.as_ref().and_then(|entry| entry.deadline);
        let outcome = match self.receive(count.max(1), until_ms).await {
            Err(error) if !is_refusal(&error) => return Err(error),
            outcome => outcome,
        };
        if let Some(entry) = deadline {
            let is_over = outcome.as_ref().is_ok_and(Vec::is_empty);
            let state = if is_over { "completed" } else { "interrupted" };
            flow.engine.put(&places.deadline, &sleep::over(entry, state)).await;
        }
        match outcome {
            Ok(messages) => self.record(&places.count, messages).await,
            Err(refusal) => {
                let counted = self.counted(&places.count, 0)?;
                let (status, error) = (Status::Failed, Some(failure::line(&refusal)));
                let refused = flow.numbered(Entry { status, error, ..counted });
                flow.engine.put(&places.count, &refused).await;
                Err(refusal)
            }
        }
    }

    /// The entry of the time-out, if there is one.
    async fn deadline(&self, places: &Places, recorded: Option<Entry>) -> Option<Entry> {
        if recorded.is_some() {
            return recorded;
        }
        let deadline_ms = dispatch::now_ms().saturating_add(self.timeout_ms?);
        let entry = sleep::pending(Entry::new(EntryKind::Sleep, &places.deadline), deadline_ms);
        self.flow.engine.put(&places.deadline, &entry).await;
        Some(entry)
    }

    /// Waits for messages and receives them; none if it is too late.
    async fn receive(&self, count: u32, until_ms: Option<u64>) -> Result<Vec<queue::Message>> {
        let engine = &*self.flow.engine;
        engine.hand.check_empty()?;
        // After something else, messages have a turn of their own: so a long queue is not one long turn.
        let (mut looks, mut is_late) = (!engine.has_done(), false);
        loop {
            if looks {
                self.flow.next_turn().await;
                let messages = queue::receive(&self.names, count, self.is_completable)?;
                if is_late || !messages.is_empty() {
                    return Ok(messages);
                }
            }
            looks = true;
            match self.wait(until_ms).await {
                Some(Ok(_available)) => {}
                Some(Err(error)) => return Err(engine.unless_evicted(error).await),
                // It may have been over before there was a turn to look in.
                None => is_late = true,
            }
        }
    }

    /// Waits until there are messages; `None` when the time is over.
    async fn wait(&self, until_ms: Option<u64>) -> Option<Result<Vec<u8>>> {
        let operation = match queue::wait(&self.names, None) {
            Ok(operation) => operation,
            Err(error) => return Some(Err(error.into())),
        };
        let mut available = Operation::new(operation);
        let mut late = pin!(until_ms.map(|until_ms| self.flow.engine.alarms.at(until_ms, true)));
        std::future::poll_fn(|context| {
            if let Poll::Ready(outcome) = std::pin::Pin::new(&mut available).poll(context) {
                return Poll::Ready(Some(outcome));
            }
            match late.as_mut().as_pin_mut() {
                Some(late) => late.poll(context).map(|()| None),
                None => Poll::Pending,
            }
        })
        .await
    }

    async fn record(
        &self,
        counted: &Location,
        messages: Vec<queue::Message>,
    ) -> Result<Vec<WorkflowMessage>> {
        let Self { flow, name, is_completable, .. } = self;
        let engine = &flow.engine;
        let mut received = Vec::with_capacity(messages.len());
        for (index, message) in messages.into_iter().enumerate() {
            let location = flow.scope.location.name(format!("{name}:{index}"));
            if *is_completable {
                engine.hand.take(message.id, location.clone());
            }
            let held = is_completable.then_some(message.id);
            let (body, error) = match body(&message.body) {
                Ok(body) => (body, None),
                // It is received all the same: whoever reads it hears of it, in a replay too.
                Err(error) => (Value::Null, Some(failure::line(&error))),
            };
            let data = Data {
                marker: 1,
                id: message.id.to_string(),
                name: message.name,
                body,
                created_at: message.created_at_ms,
                completed: false,
            };
            let entry = Entry {
                name: Some(data.name.clone()),
                data: Some(to_value(&data)?),
                held,
                error,
                ..Entry::new(EntryKind::Message, &location).completed()
            };
            engine.put(&location, &entry).await;
            received.push(WorkflowMessage::new(engine.clone(), location, entry, data, *is_completable));
        }
        let count = flow.numbered(self.counted(counted, received.len())?);
        engine.put(counted, &count).await;
        engine.done();
        Ok(received)
    }

    /// The entry that says how many messages were received.
    fn counted(&self, location: &Location, count: usize) -> Result<Entry> {
        let label = if self.names.is_empty() { "*".to_owned() } else { self.names.join("|") };
        let (name, data) = (Some(format!("{label}:count")), Some(to_value(&count)?));
        Ok(Entry { name, data, ..Entry::new(EntryKind::Message, location).completed() })
    }

    /// The messages that were received before.
    async fn replay(&self, count: u32) -> Vec<WorkflowMessage> {
        let Self { flow, name, .. } = self;
        let mut received = Vec::new();
        for index in 0..count {
            let location = flow.scope.location.name(format!("{name}:{index}"));
            let entry = flow.visit(&location, EntryKind::Message).await;
            let message = entry.ok_or_else(|| diverged(format!("the message `{location}` is missing")));
            let message = message.and_then(|entry| self.read(location, entry));
            received.push(flow.engine.or_fault(message).await);
        }
        received
    }

    fn read(&self, location: Location, entry: Entry) -> Result<WorkflowMessage> {
        let data: Data = from_value(entry.data.clone())?;
        Ok(WorkflowMessage::new(self.flow.engine.clone(), location, entry, data, self.is_completable))
    }
}

/// A body as an entry has it. Fails if it could not be read from there: it is two levels deeper in it.
fn body(bytes: &[u8]) -> Result<Value> {
    let body = crate::from_cbor(bytes)?;
    encode(&[[&body]])?;
    Ok(body)
}

/// Whether nothing was received because a message is in hand.
fn is_refusal(error: &Error) -> bool {
    error.group() == "queue" && error.code() == "previous_message_not_completed"
}

impl WorkflowMessage {
    fn new(engine: Rc<Engine>, location: Location, entry: Entry, data: Data, is_completable: bool) -> Self {
        Self { engine, location, entry, data, is_completable, is_completed: Cell::new(false) }
    }

    /// Its number, from 1.
    pub fn id(&self) -> u64 {
        self.data.id.parse().unwrap_or_default()
    }

    /// What it was sent under.
    pub fn name(&self) -> &str {
        &self.data.name
    }

    /// What was sent. Fails when it is of another shape, or nests too deep to be recorded.
    pub fn body<T: DeserializeOwned>(&self) -> Result<T> {
        if let Some(error) = &self.entry.error {
            return Err(RecordedError::parse(error).into());
        }
        from_value(Some(self.data.body.clone()))
    }

    /// When it was sent, in milliseconds since the Unix epoch.
    pub fn created_at_ms(&self) -> u64 {
        self.data.created_at
    }

    /// Ends it, without a response. It is done once, however often the workflow comes by here.
    ///
    /// Fails with `queue.complete_not_configured` if it was not received as completable, with `queue.already_completed` if
    /// it is completed twice.
    pub fn complete(&self) -> Result<()> {
        self.end(None)
    }

    /// Ends it with a response for whoever sent it and waits. Like [`WorkflowMessage::complete`].
    pub fn complete_with<T: Serialize>(&self, response: &T) -> Result<()> {
        self.end(Some(crate::to_cbor(response)?))
    }

    fn end(&self, response: Option<Vec<u8>>) -> Result<()> {
        if !self.is_completable {
            let text = "the message was not received as completable: it is gone from the queue already";
            return Err(Error::new("queue", "complete_not_configured", text.to_owned()));
        }
        if self.is_completed.get() {
            let text = "the message is completed already";
            return Err(Error::new("queue", "already_completed", text.to_owned()));
        }
        if self.data.completed || self.engine.is_rolling_back() {
            self.is_completed.set(true);
            return Ok(());
        }
        // A response that is refused leaves the message as it was.
        self.engine.hand.complete(self.id(), response.as_deref())?;
        self.is_completed.set(true);
        let data = to_value(&Data { completed: true, ..self.data.clone() })?;
        self.engine.try_put(&self.location, &Entry { data: Some(data), held: None, ..self.entry.clone() })?;
        self.engine.done();
        Ok(())
    }
}

impl<A> std::fmt::Debug for WorkflowQueue<'_, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowQueue")
            .field("name", &self.name)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WorkflowMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorkflowMessage")
            .field("id", &self.data.id)
            .field("name", &self.data.name)
            .finish_non_exhaustive()
    }
}
