//! Whoever waits for the answer to a call.

use rivet_ground::Outcome;
use tokio::sync::oneshot;

use crate::actor::call::Reply;
use crate::actor::calls::{AskId, Waiting};
use crate::actor::said::{Said, What};

/// Whoever waits for the answer to a call.
pub(super) struct Asker {
    to: oneshot::Sender<Reply>,
    /// Which call of another actor it is, if it is one.
    waiting: Option<Waiting>,
}

impl Asker {
    /// Somebody who waits, and where the answer comes.
    pub(super) fn new(waiting: Option<Waiting>) -> (Self, oneshot::Receiver<Reply>) {
        let (to, answer) = oneshot::channel();
        (Self { to, waiting }, answer)
    }

    /// Which call of another actor it is.
    pub(super) fn ask(&self) -> Option<AskId> {
        self.waiting.as_ref().map(|waiting| waiting.id)
    }

    /// The answer, to leave with its turn. No actor is waited for from now on, only the disk.
    pub(super) fn said(self, outcome: Outcome) -> Said {
        drop(self.waiting);
        Said::new(What::Answer(self.to, outcome))
    }

    /// Answers without a turn.
    pub(super) fn answer(self, reply: Reply) {
        drop(self.waiting);
        // Whoever is gone by now misses nothing.
        let _gone = self.to.send(reply);
    }
}
