//! Whoever waits for the answer to a call.

use rivet_ground::Outcome;
use tokio::sync::oneshot;

use crate::actor::asking::Asking;
use crate::actor::call::Reply;
use crate::actor::calls::{AskId, Waiting};
use crate::actor::said::{Said, What};
use crate::actor::supervisor::dropped;

/// Whoever waits for the answer to a call.
pub(super) struct Asker {
    /// Which call of another actor it is, if it is one. The first to be dropped: who hears of the end waits no more.
    waiting: Option<Waiting>,
    to: To,
}

/// Where an answer goes. If it is dropped, whoever waits hears that there is none.
pub(super) struct To(Option<Way>);

enum Way {
    Task(oneshot::Sender<Reply>),
    Actor(Box<Asking>),
}

impl Asker {
    /// A task that waits, and where the answer comes.
    pub(super) fn task(waiting: Option<Waiting>) -> (Self, oneshot::Receiver<Reply>) {
        let (sender, answer) = oneshot::channel();
        (Self { to: sender.into(), waiting }, answer)
    }

    /// Another actor, which gets the answer itself.
    pub(super) fn actor(waiting: Option<Waiting>, asking: Box<Asking>) -> Self {
        Self { to: To(Some(Way::Actor(asking))), waiting }
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
        self.to.answer(reply);
    }
}

impl To {
    /// Whoever is gone by now misses nothing.
    pub(super) fn answer(mut self, reply: Reply) {
        match self.0.take() {
            Some(Way::Task(sender)) => drop(sender.send(reply)),
            Some(Way::Actor(asking)) => asking.answer(reply),
            None => {}
        }
    }
}

impl From<oneshot::Sender<Reply>> for To {
    fn from(sender: oneshot::Sender<Reply>) -> Self {
        Self(Some(Way::Task(sender)))
    }
}

impl Drop for To {
    fn drop(&mut self) {
        if let Some(Way::Actor(asking)) = self.0.take() {
            asking.answer(Err(dropped().into()));
        }
    }
}
