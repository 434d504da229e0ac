//! The calls that the guest has taken and not answered.

use rivet_ground::{ActorError, CallId, ConnectionId};

use crate::iface::inside::{Inside, Stage};
use crate::iface::request::Exchange;
use crate::iface::schedule::Run;

/// What an open call is about, as far as the host's side of the instance has to know.
pub(super) enum OpenCall {
    /// Nothing that its answer changes here: an action, a subscription, the actor's end.
    Plain,
    /// The actor is to be ready.
    Start,
    /// A connection asks to be let in.
    Connect { connection: ConnectionId },
    /// A connection is gone.
    Disconnect { connection: ConnectionId },
    /// A job runs.
    Scheduled(Run),
    /// A raw request.
    Request(Exchange),
}

impl Inside {
    /// Does what follows from the answer to a call that was open.
    ///
    /// # Errors
    /// `actor.turn_too_large` for a connection that was to be let in: the turn has no room for its row, and it is turned
    /// away.
    pub(super) fn settle(&mut self, open: OpenCall, granted: bool) -> Result<(), ActorError> {
        match open {
            OpenCall::Start if self.stage == Stage::Starting => self.stage = Stage::Running,
            OpenCall::Connect { connection } if granted => return self.let_in(connection),
            OpenCall::Connect { connection } => self.turn_away(connection),
            OpenCall::Disconnect { connection } => self.see_off(connection),
            OpenCall::Start | OpenCall::Plain | OpenCall::Scheduled(_) | OpenCall::Request(_) => {}
        }
        Ok(())
    }

    /// Closes a call from outside: nobody waits for it any more.
    pub(crate) fn close_call(&mut self, call: CallId) {
        if let Some(open) = self.open_calls.remove(&call) {
            // Nothing is written for what is not granted, so this cannot be refused.
            drop(self.settle(open, false));
        }
    }
}
