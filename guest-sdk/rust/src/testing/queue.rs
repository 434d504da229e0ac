//! What clients send to the queues of the actor under test.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::imports::HOST;
use super::turn::{deliver, event, let_in, next_call, settle};
use super::{TestActor, turn};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::dispatch::PUBLISH;
use crate::{Actor, Result};

/// A message that was sent to a queue of a [`TestActor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent(u64);

impl<A: Actor> TestActor<A> {
    /// Sends a message to a queue over HTTP, as a client without parameters does; `None` if the actor declares no such queue:
    /// then it is ignored. Fails with the error of a hook that refuses it.
    pub fn publish(&mut self, queue: &str, body: impl Serialize) -> Result<Option<Sent>> {
        let (number, call) = turn::knock::<A>("action", "/queue", crate::to_cbor(&())?)?;
        let_in(call)?;
        let call = next_call();
        HOST.with_borrow_mut(|host| host.passing.insert(call, number));
        let is_declared = A::MANIFEST.queues.contains(&queue);
        if is_declared && A::MANIFEST.hooks.publish {
            deliver::<A>(Event { connection: number, name: queue.to_owned(), ..event(PUBLISH, call) });
            let_in(call)?;
        } else {
            HOST.with_borrow_mut(|host| host.answers.insert(call, Ok(vec![])));
        }
        let body = crate::to_cbor(&body)?;
        let sent = is_declared.then(|| Sent(HOST.with_borrow_mut(|host| host.enqueue(queue, &body))));
        settle::<A>();
        Ok(sent)
    }

    /// The response to a message that was completed with one, once; `None` while it is not completed, or without a response.
    pub fn completed<T: DeserializeOwned>(&mut self, sent: Sent) -> Option<Result<T>> {
        let response = HOST.with_borrow_mut(|host| host.queue.completed.remove(&sent.0))??;
        Some(crate::from_cbor(&response))
    }

    /// How many times each message of the queue has been received, the oldest first.
    pub fn message_attempts(&self) -> Vec<u32> {
        HOST.with_borrow(|host| host.queue.messages.values().map(|message| message.attempts).collect())
    }

    /// The messages in the queue, with those that were received and not completed.
    pub fn queue_len(&self) -> usize {
        HOST.with_borrow(|host| host.queue.messages.len())
    }
}
