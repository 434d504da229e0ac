//! Errands: what is done outside for an actor, once the turn that asked for it is durable.

use std::pin::Pin;

use rivet_ground::{ActorError, CallId, OperationId, Outcome};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::actor::calls::Waiting;
use crate::actor::exchange::Completion;
use crate::actor::lifecycle::Phase;
use crate::actor::said::{Said, What};
use crate::actor::task::ActorTask;
use crate::actor::waiter::Waiter;

/// What is to be done. It begins when it is first polled.
pub type Doing = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Something that an actor wants done outside, and waits for with an operation.
pub(super) struct Errand {
    pub(super) doing: Doing,
    pub(super) completion: Completion,
    pub(super) given_up: oneshot::Receiver<()>,
    /// It leaves from the ledger's thread, which has no runtime.
    pub(super) runtime: Handle,
}

/// What an operation that ends outside is about.
pub(super) enum Begun {
    /// The next piece of a raw request's body.
    Read(CallId),
    /// An errand, which is given up when this is dropped.
    Errand {
        _wanted: oneshot::Sender<()>,
        /// The call to another actor that it makes, if it makes one.
        _ask: Option<Waiting>,
    },
    /// Something that cannot be given up.
    Other,
}

impl Errand {
    /// Begins it. Whoever waits for it hears how it ends, unless the operation is given up before.
    pub(super) fn leave(self) {
        let Self { doing, completion, given_up, runtime } = self;
        runtime.spawn(async move {
            tokio::select! {
                biased;
                _ = given_up => completion.complete(Err(ActorError::actor("aborted", "nobody waits for it"))),
                outcome = doing => completion.complete(outcome),
            }
        });
    }
}

impl ActorTask {
    /// How many errands are under way.
    pub(super) fn errands(&self) -> usize {
        self.operations.values().filter(|begun| matches!(begun, Begun::Errand { .. })).count()
    }

    /// Whether a call is waited for before the actor sleeps: not `run`, if the memory is kept in which it goes on.
    pub(super) fn is_waited_for(&self, call: CallId) -> bool {
        match self.calls.get(&call) {
            Some(Waiter::Run) => !self.keeps_memory(),
            Some(_) => true,
            // The start, the sleep and the end itself.
            None => call != 0 && self.phase != Phase::Ready,
        }
    }

    /// An errand that ends an operation, to leave with the turn.
    pub(super) fn errand(&mut self, operation: OperationId, doing: Doing) -> Said {
        let (completion, given_up) = self.begin_errand(operation, None);
        let runtime = Handle::current();
        Said::new(What::Errand(Errand { doing, completion, given_up, runtime }))
    }

    /// Notes an errand; gives what ends it, from either side.
    pub(super) fn begin_errand(
        &mut self,
        operation: OperationId,
        ask: Option<Waiting>,
    ) -> (Completion, oneshot::Receiver<()>) {
        let (wanted, given_up) = oneshot::channel();
        (self.operation(operation, Begun::Errand { _wanted: wanted, _ask: ask }), given_up)
    }
}
