//! The actor's queue: what comes into it from outside, and whoever waits for it.

use bytes::Bytes;
use rivet_ground::{
    ActorError, ConnectionId, Event, EventKind, MessageId, OperationId, Outcome, Publish, limits,
};
use rivet_store::WriteSet;

use crate::actor::call::Call;
use crate::actor::deadlines::Due;
use crate::actor::errand::Begun;
use crate::actor::exchange::Outside;
use crate::actor::lifecycle::Happening;
use crate::actor::report;
use crate::actor::said::Said;
use crate::actor::supervisor::overloaded;
use crate::actor::task::ActorTask;
use crate::actor::waiter::Waiter;

impl ActorTask {
    /// Takes a message for the queue, from a connection that was let in.
    pub(super) async fn publish(&mut self, connection: ConnectionId, call: Call, publish: Publish) {
        if !self.start.launch.queues.contains(&publish.queue) {
            // Rivet says so, too, of a queue that there is not (semantics.md section 10).
            self.hang_up(connection);
            return self.save(WriteSet::new(), vec![call.asker.said(Ok(Bytes::new()))]).await;
        }
        if !self.start.launch.hooks.publish {
            return self.enqueue(connection, call, publish).await;
        }
        let (deadline, name) = (call.deadline, publish.queue.clone());
        self.take(Waiter::Publish { connection, call, publish }, deadline, |id| Event {
            connection,
            name,
            ..Event::bare(EventKind::Publish, id)
        })
        .await;
    }

    /// Puts a message into the queue.
    pub(super) async fn enqueue(&mut self, connection: ConnectionId, call: Call, publish: Publish) {
        let Publish { queue, body, wait, timeout_ms } = publish;
        if wait && self.senders.len() >= limits::SENDERS {
            self.hang_up(connection);
            let error =
                overloaded("the actor has too many senders waiting for their messages to be completed");
            return self.save(WriteSet::new(), vec![call.asker.said(Err(error))]).await;
        }
        let (message, writes) = match self.instance.enqueue(queue, body) {
            Ok(enqueued) => enqueued,
            Err(error) => {
                self.hang_up(connection);
                return self.save(WriteSet::new(), vec![call.asker.said(Err(error))]).await;
            }
        };
        self.beat();
        if wait {
            let id = self.next_call();
            let own = timeout_ms.map(|ms| self.after(ms)).filter(|own| *own < call.deadline);
            self.deadlines.set(Due::Call(id), own.unwrap_or(call.deadline));
            let times_out = own.is_some();
            self.senders.insert(message, id);
            self.calls.insert(id, Waiter::Sender { connection, message, times_out, asker: call.asker });
            self.save(writes, Vec::new()).await;
        } else {
            self.hang_up(connection);
            self.save(writes, vec![call.asker.said(Ok(Bytes::new()))]).await;
        }
        self.stir();
    }

    /// Completes the waits that have a message now. Not in order with anything: the completions come by turns with what is
    /// in the mailbox, so that a long queue does not keep callers out.
    pub(super) fn stir(&mut self) {
        match self.instance.ready_waits() {
            Ok(ready) => ready.into_iter().for_each(|operation| self.end_wait(operation, Ok(Bytes::new()))),
            Err(trap) => {
                let (record, component) = (&self.start.record, &self.start.launch.component);
                report::trapped(record, component, "a look into the queue", &trap);
                self.failure = Some(report::panicked(&trap));
                self.happen(Happening::Crashed);
            }
        }
    }

    /// Ends all waits for the queue: the memory that waits is not kept.
    pub(super) fn abort_waits(&mut self, error: &ActorError) {
        for operation in self.instance.queue_operations() {
            self.end_wait(operation, Err(error.clone()));
        }
    }

    fn end_wait(&mut self, operation: OperationId, outcome: Outcome) {
        self.deadlines.clear(Due::Timer(operation));
        if self.operations.insert(operation, Begun::Other).is_none() {
            // The other end is this task's own.
            let _own = self.to_outside.send(Outside::Ended(operation, Box::new(outcome)));
        }
    }

    /// The responses that have come and that the guest has not been given: those of its waits that have ended.
    pub(super) fn undelivered(&mut self) -> Vec<(OperationId, Vec<u8>)> {
        while let Ok(outside) = self.from_outside.try_recv() {
            self.found.push_back(outside);
        }
        let waiting = self.instance.queue_operations();
        let response = |outside: &Outside| match outside {
            Outside::Ended(operation, outcome) if waiting.contains(operation) => {
                outcome.as_ref().as_ref().ok().map(|response| (*operation, response.to_vec()))
            }
            _ => None,
        };
        self.found.iter().filter_map(response).collect()
    }

    /// Tells who waits for a message that it was completed.
    pub(super) fn completed(
        &mut self,
        completed: MessageId,
        operation: Option<OperationId>,
        response: Option<Bytes>,
    ) -> Option<Said> {
        let response = response.unwrap_or_default();
        if let Some(operation) = operation {
            self.end_wait(operation, Ok(response.clone()));
        }
        let call = self.senders.remove(&completed)?;
        self.deadlines.clear(Due::Call(call));
        match self.calls.remove(&call) {
            Some(Waiter::Sender { connection, asker, .. }) => {
                self.hang_up(connection);
                Some(asker.said(Ok(response)))
            }
            _ => None,
        }
    }
}

/// What the sender sees whose message was not completed in time.
pub(super) fn not_completed() -> ActorError {
    ActorError::new("queue", "timed_out", "the message was not completed in time")
}
