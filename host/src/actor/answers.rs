//! The guest's answers to its calls, and what follows from each.

use rivet_ground::{ActorError, CallId, CloseReason, Outcome};

use crate::actor::deadlines::Due;
use crate::actor::lifecycle::Happening;
use crate::actor::queue::not_completed;
use crate::actor::report;
use crate::actor::said::{Said, What};
use crate::actor::task::{ActorTask, timed_out};
use crate::actor::waiter::{LetIn, Next, Waiter};

impl ActorTask {
    /// Takes note of an answer; gives what is to leave.
    pub(super) fn answered(&mut self, call: CallId, outcome: Outcome) -> Option<Said> {
        // A raw answer that is under way breaks off: its sender is gone.
        if self.forget_raw(call) {
            return None;
        }
        let waiter = self.calls.remove(&call);
        self.deadlines.clear(Due::Call(call));
        // However long it took: the time in which nothing happens begins with its end.
        self.beat();
        if let Err(error) = outcome.as_ref()
            && (!error.is_public() || matches!(waiter, Some(Waiter::Scheduled { .. } | Waiter::Run)))
        {
            let subject = waiter.as_ref().map_or("start or end".to_owned(), Waiter::subject);
            report::refused(&self.start.record, &self.start.launch.component, &subject, error);
        }
        match waiter {
            Some(waiter) => self.told(waiter, outcome),
            None => {
                self.happen(match outcome {
                    Ok(_) => Happening::Answered(call),
                    Err(_) => Happening::Refused(call),
                });
                self.failure = outcome.err().or(self.failure.take());
                None
            }
        }
    }

    fn told(&mut self, waiter: Waiter, outcome: Outcome) -> Option<Said> {
        let what = match (waiter, outcome) {
            (Waiter::Caller { connection, asker, .. }, outcome) => {
                self.hang_up(connection);
                return Some(asker.said(outcome));
            }
            (Waiter::Frame { outlet, id, .. }, outcome) => What::Frame { outlet, id, outcome },
            (Waiter::Publish { connection, call, publish }, Ok(_)) => {
                self.agenda.push_back(Next::Enqueue(connection, call, publish));
                return None;
            }
            (Waiter::Publish { connection, call, .. }, Err(error)) => {
                self.hang_up(connection);
                return Some(call.asker.said(Err(error)));
            }
            (Waiter::Connect { connection, then: LetIn::Call(call) }, Ok(_)) => {
                self.agenda.push_back(Next::Call(connection, call));
                return None;
            }
            (Waiter::Connect { connection, then: LetIn::Socket { answer, closed } }, Ok(_)) => {
                self.entered(connection, closed);
                What::LetIn(answer, Ok(()))
            }
            (waiter @ Waiter::Connect { .. }, Err(error)) => {
                self.refused(&waiter);
                return waiter.fail(error);
            }
            (Waiter::Subscribe { withdrawn: true, .. }, Ok(_)) => return None,
            (Waiter::Subscribe { connection, event, .. }, outcome) => {
                let subscribed = outcome.and_then(|_| self.sockets.subscribe(connection, event));
                return subscribed.err().and_then(|error| self.dismiss(connection, failed(&error)));
            }
            (Waiter::Disconnect | Waiter::Message { .. } | Waiter::Run | Waiter::Scheduled { .. }, _) => {
                return None;
            }
            (Waiter::Request(exchange), Err(error)) => return Waiter::Request(exchange).fail(error),
            // The sandbox does not let it through; and it is no call of the guest's.
            (Waiter::Request(_), Ok(_)) | (Waiter::Sender { .. }, _) => return None,
        };
        Some(Said::new(what))
    }

    /// Gives up waiting for an answer.
    pub(super) async fn time_out(&mut self, call: CallId) {
        let writes = self.instance.fail_call(call, &timed_out());
        let Some(waiter) = self.calls.remove(&call) else { return };
        if let Waiter::Sender { message, .. } = &waiter {
            self.senders.remove(message);
        }
        let error = match &waiter {
            Waiter::Connect { .. }
            | Waiter::Subscribe { .. }
            | Waiter::Disconnect
            | Waiter::Message { .. } => {
                let message = format!("{} was not answered in time", waiter.subject());
                let error = ActorError::actor("callback_timed_out", message);
                report::refused(&self.start.record, &self.start.launch.component, &waiter.subject(), &error);
                error
            }
            Waiter::Sender { times_out: true, .. } => not_completed(),
            // Nobody else hears of it.
            Waiter::Scheduled { .. } => {
                let error = timed_out();
                report::refused(&self.start.record, &self.start.launch.component, &waiter.subject(), &error);
                error
            }
            _ => timed_out(),
        };
        self.refused(&waiter);
        let said = match &waiter {
            Waiter::Caller { connection, .. }
            | Waiter::Publish { connection, .. }
            | Waiter::Sender { connection, .. } => {
                self.hang_up(*connection);
                waiter.fail(error)
            }
            Waiter::Subscribe { connection, .. } => self.dismiss(*connection, failed(&error)),
            _ => waiter.fail(error),
        };
        // Behind what earlier turns have said. Nothing can fail but the disk, whose failure the next turn meets.
        let _failed = self.gate.pass(writes, said.into_iter().collect()).await;
    }

    /// Forgets a connection that was not let in.
    fn refused(&mut self, waiter: &Waiter) {
        if let Waiter::Connect { connection, .. } = waiter {
            self.visitors.remove(connection);
            self.sockets.close(*connection);
        }
    }
}

/// How a connection ends that the actor, or the host for it, has refused something.
pub(super) fn failed(error: &ActorError) -> CloseReason {
    CloseReason { code: 1011, reason: error.path() }
}
