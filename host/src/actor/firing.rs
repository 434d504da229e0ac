//! An actor's own alarm: what is due while it is awake.

use bytes::Bytes;
use rivet_ground::{Event, EventKind, limits};
use rivet_sandbox::Claim;

use crate::actor::deadlines::Due;
use crate::actor::lifecycle::Phase;
use crate::actor::task::ActorTask;
use crate::actor::waiter::Waiter;

impl ActorTask {
    /// Sets the alarm to what is due first. Only an actor that is ready has one: what is due while it falls asleep wakes it
    /// again.
    pub(super) fn set_alarm(&mut self) {
        let due_ms = self.instance.due_ms();
        if self.phase != Phase::Ready || due_ms == self.alarm_ms {
            return;
        }
        self.alarm_ms = due_ms;
        match due_ms {
            Some(due_ms) => {
                let after_ms = due_ms.saturating_sub(self.supervisor.shared.clock.now_ms());
                // The wall clock may be put forward meanwhile.
                self.set_deadline(Due::Alarm, after_ms.min(limits::ALARM_LOOK_MS));
            }
            None => self.deadlines.clear(Due::Alarm),
        }
    }

    /// Runs what is due first. What is due next follows from the turn's end.
    pub(super) async fn alarm(&mut self) {
        self.alarm_ms = None;
        if self.phase != Phase::Ready {
            return;
        }
        // As for messages: it waits until something is answered.
        if !self.has_room() {
            self.alarm_ms = self.instance.due_ms();
            return self.set_deadline(Due::Alarm, limits::ALARM_EVERY_MS);
        }
        match self.instance.claim_due() {
            Ok(Claim::Nothing) => {}
            Ok(Claim::Action(action, args)) => self.fire(action, args).await,
            Ok(Claim::Settled(writes)) => self.save(writes, Vec::new()).await,
            Err(fault) => {
                let (actor, name) = (self.start.record.id, &self.start.record.name);
                tracing::error!(%actor, %name, "what is due cannot be run; tried again later: {fault}");
                self.alarm_ms = self.instance.due_ms();
                return self.set_deadline(Due::Alarm, limits::ALARM_LOOK_MS);
            }
        }
        self.set_alarm();
    }

    async fn fire(&mut self, action: String, args: Bytes) {
        self.beat();
        let deadline = self.after(self.start.launch.action_timeout_ms);
        let waiter = Waiter::Scheduled { action: action.clone() };
        self.take(waiter, deadline, |id| Event {
            name: action,
            payload: args,
            ..Event::bare(EventKind::Action, id)
        })
        .await;
    }
}
