//! What actors ask of each other.

use std::sync::{Arc, Weak};

use rivet_ground::{Access, ActorError, ActorId, Ask, OperationId, Question, RequestHead, Work, limits};

use crate::actor::asking::Asking;
use crate::actor::call::{CallError, Caller, Head};
use crate::actor::calls::{Origin, Refusal, Waiting};
use crate::actor::errand::{Doing, Errand};
use crate::actor::lifecycle::Phase;
use crate::actor::live::Handle;
use crate::actor::said::{Said, What};
use crate::actor::supervisor::{Supervisor, overloaded};
use crate::actor::task::ActorTask;
use crate::actor::waiter::Waiter;

/// The way from one actor to others, by name and key.
pub trait Peers: Send + Sync {
    /// Does what an actor asks for, as a client from outside would: the output, the response, or the id as a CBOR text.
    fn ask(self: Arc<Self>, ask: Ask, caller: Caller) -> Doing;

    /// The error as a caller may see it.
    fn visible(&self, error: ActorError) -> ActorError;
}

impl Supervisor {
    /// Shows actors the way to each other, once.
    pub fn introduce(&self, peers: Weak<dyn Peers>) {
        let _again = self.shared.peers.set(peers);
    }

    /// Notes that another actor calls this one, if one does.
    ///
    /// # Errors
    /// `actor.deadlock`, `actor.call_too_deep` or `actor.overloaded`: the call is not to be made.
    pub(super) fn wait_for(
        &self,
        caller: &Caller,
        handle: &Handle,
        work: &Work,
    ) -> Result<Option<Waiting>, CallError> {
        let Some(origin) = caller.origin.clone() else { return Ok(None) };
        let waiting = self.shared.calls.wait(origin, handle.specifier.id, handle.access(work));
        waiting.map(Some).map_err(|refusal| self.refused(refusal).into())
    }

    fn refused(&self, refusal: Refusal) -> ActorError {
        let circle = match refusal {
            Refusal::Deadlock(circle) => circle,
            Refusal::TooDeep => {
                let message =
                    format!("{} calls were made each to answer the one before", limits::ACTOR_CALL_DEPTH);
                return ActorError::actor("call_too_deep", message);
            }
            Refusal::TooMany => return overloaded("too many calls between actors wait for an answer"),
        };
        let name = |id: &ActorId| match self.shared.directory.get(*id) {
            Ok(Some(record)) => format!("{} {}", record.name, record.key.serialize()),
            // It was destroyed a moment ago, or cannot be read now.
            _ => id.to_string(),
        };
        // Who is at its two ends tells more than who is in its middle.
        let (first, rest) = circle.split_at(circle.len().min(limits::ACTOR_CALL_CHAIN));
        let mut chain: Vec<String> = first.iter().map(name).collect();
        match rest {
            [] => {}
            [last] => chain.push(name(last)),
            [between @ .., last] => chain.extend([format!("{} more", between.len()), name(last)]),
        }
        let message = format!("each would wait for the next: {}", chain.join(" -> "));
        // Texts always encode.
        let metadata = serde_cbor::to_vec(&Chain { chain }).unwrap_or_default();
        ActorError::actor("deadlock", message).with_metadata(metadata)
    }
}

/// What `actor.deadlock` carries: names and keys, the caller first and last.
#[derive(serde::Serialize)]
struct Chain {
    chain: Vec<String>,
}

impl ActorTask {
    /// Asks another actor, once the turn is durable.
    pub(super) fn ask(&mut self, operation: OperationId, ask: Ask) -> Said {
        let parent = self.calls.get(&ask.on_behalf_of).and_then(Waiter::ask);
        // What only runs beside its start or its end is not waited for by them.
        let is_waited_for = self.is_waited_for(ask.on_behalf_of);
        let closing = is_waited_for.then(|| self.closing.clone());
        let hold = if is_waited_for && self.phase != Phase::Ready { Access::Closed } else { ask.hold };
        let shared = self.supervisor.shared.clone();
        let waiting = shared.calls.next();
        let (ask_id, actor) = (waiting.id, self.start.record.id);
        let mut share = shared.asked.share();
        let taken = share.take(ask.len_bytes);
        let origin = Origin { ask: ask_id, actor, parent, hold, closing, _share: share };
        let (params, head) = (ask.params.clone(), head(&ask.question));
        let caller = Caller { params, head, origin: Some(Arc::new(origin)) };
        let (completion, given_up) = self.begin_errand(operation, Some(waiting));
        let runtime = tokio::runtime::Handle::current();
        let refused = match (taken, shared.peers.get().and_then(Weak::upgrade)) {
            (Ok(()), Some(peers)) => {
                let supervisor = self.supervisor.clone();
                let asking = Asking { ask, caller, completion, given_up, supervisor, peers, runtime };
                return Said::new(What::Ask(Box::new(asking)));
            }
            (Ok(()), None) => ActorError::new("guard", "shutting_down", "the host is going down"),
            (Err(full), _) => full,
        };
        Said::new(What::Errand(Errand {
            doing: Box::pin(async { Err(refused) }),
            completion,
            given_up,
            runtime,
        }))
    }
}

/// What the hooks of the other actor see of the question.
fn head(question: &Question) -> Head {
    let (kind, name) = match question {
        Question::Work(Work::Action { name, .. }) => ("action", name.clone()),
        Question::Work(Work::Publish(publish)) => ("queue", publish.queue.clone()),
        Question::Resolve | Question::Create => ("", String::new()),
    };
    Arc::new(move || {
        let path = format!("/{kind}/{name}");
        RequestHead { method: "POST".to_owned(), path, headers: Vec::new() }
    })
}
