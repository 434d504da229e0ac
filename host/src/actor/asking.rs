//! What one actor asks another, on its way there, and the answer on its way back.

use std::sync::Arc;

use rivet_ground::{ActorError, Ask, Outcome, Question, limits};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::actor::asker::Asker;
use crate::actor::call::{Call, CallError, Caller, Message, Reply};
use crate::actor::errand::Errand;
use crate::actor::exchange::Completion;
use crate::actor::peers::Peers;
use crate::actor::supervisor::Supervisor;

/// What one actor asks another.
pub(super) struct Asking {
    pub(super) ask: Ask,
    pub(super) caller: Caller,
    pub(super) completion: Completion,
    pub(super) given_up: oneshot::Receiver<()>,
    pub(super) supervisor: Supervisor,
    pub(super) peers: Arc<dyn Peers>,
    pub(super) runtime: Handle,
}

impl Asking {
    /// Lets it out: straight to the other actor if that is awake, which costs no task.
    pub(super) fn leave(self: Box<Self>) {
        // The ledger's thread, which has no runtime, is to look nobody up.
        let is_ledger = Handle::try_current().is_err();
        let Question::Work(work) = &self.ask.question else { return self.go_round() };
        let live = &self.supervisor.shared.live;
        let Some(handle) = (!is_ledger).then(|| live.reach(&self.ask.target)).flatten() else {
            return self.go_round();
        };
        let supervisor = self.supervisor.clone();
        let waiting = match supervisor.wait_for(&self.caller, &handle, work) {
            Ok(waiting) => waiting,
            Err(refused) => return self.answer(Err(refused)),
        };
        let (work, caller) = (work.clone(), self.caller.clone());
        let deadline = supervisor.deadline(&handle);
        let call = Call { work, caller, deadline, asker: Asker::actor(waiting, self) };
        // An error has ended the call, and so answered it.
        let _answered = supervisor.post(handle, Message::Call(call));
    }

    /// Gives it the answer.
    pub(super) fn answer(self: Box<Self>, reply: Reply) {
        match reply {
            Ok(output) => self.completion.complete(kept(&self.supervisor, output)),
            Err(CallError::Actor(error)) => self.completion.complete(Err(self.peers.visible(error))),
            // Whoever looks actors up knows which one is meant now.
            Err(CallError::Gone) => self.go_round(),
        }
    }

    /// Asks whoever looks actors up, and creates and starts them.
    fn go_round(self: Box<Self>) {
        let Self { ask, caller, completion, given_up, supervisor, peers, runtime } = *self;
        let asking = peers.ask(ask, caller);
        let doing = Box::pin(async move { asking.await.and_then(|output| kept(&supervisor, output)) });
        Errand { doing, completion, given_up, runtime }.leave();
    }
}

/// The answer takes memory, too, until the guest has it. Small ones are bounded by their number.
fn kept(supervisor: &Supervisor, output: bytes::Bytes) -> Outcome {
    if output.len() <= limits::ACTOR_ANSWER_SMALL_BYTES {
        return Ok(output);
    }
    let mut share = supervisor.shared.asked.share();
    match share.take(output.len()) {
        Ok(()) => Ok(share.keep(output)),
        // No code that clients try again: what was asked for was done.
        Err(full) => {
            let message = format!("it was done, but there is no room for the answer: {full}");
            Err(ActorError::actor("answer_dropped", message))
        }
    }
}
