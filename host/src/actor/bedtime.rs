//! Falling asleep: when, and what comes before.

use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use rivet_ground::{ActorError, CloseReason, Event, EventKind, SnapshotKind, limits};
use rivet_store::WriteSet;

use crate::actor::deadlines::Due;
use crate::actor::lifecycle::{Happening, Phase};
use crate::actor::task::ActorTask;
use crate::actor::waiter::{Next, Waiter};

/// Why an actor goes to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bedtime {
    /// Nothing has happened for long.
    Idle,
    /// Its place is needed.
    Pressed,
    /// It wants to.
    Itself,
    /// Somebody asked for it.
    Asked,
    /// The host is going down.
    Shutdown,
}

impl Bedtime {
    /// All of them.
    pub(super) const ALL: [Self; 5] = [Self::Idle, Self::Pressed, Self::Itself, Self::Asked, Self::Shutdown];

    /// The name, as in the log and in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Pressed => "pressure",
            Self::Itself => "itself",
            Self::Asked => "asked",
            Self::Shutdown => "shutdown",
        }
    }
}

impl ActorTask {
    /// Whether the memory of this instance is kept while the actor sleeps, as far as is known before.
    pub(super) fn keeps_memory(&self) -> bool {
        let launch = &self.start.launch;
        launch.snapshot == SnapshotKind::Memory && launch.program.no_snapshot().is_none()
    }

    /// When the actor goes to sleep if nothing happens.
    pub(super) fn idle_until(&self) -> Duration {
        self.last_active + Duration::from_millis(self.start.launch.sleep_timeout_ms)
    }

    /// Begins to look whether nothing happens.
    pub(super) fn await_idleness(&mut self) {
        if !self.start.launch.no_sleep {
            self.deadlines.set(Due::Idle, self.idle_until());
        }
    }

    /// Nothing may have happened for long: that is looked at only now, so that a turn costs nothing for it.
    pub(super) fn look_idle(&mut self) {
        if self.phase != Phase::Ready {
            return;
        }
        let now = self.supervisor.shared.clock.monotonic();
        if self.idle_until() <= now && self.causes(Bedtime::Idle).is_empty() && self.mailbox.is_empty() {
            self.bedtime.get_or_insert(Bedtime::Idle);
            return self.agenda.push_back(Next::Sleep);
        }
        // What keeps it awake ends with something that happens.
        let timeout = Duration::from_millis(self.start.launch.sleep_timeout_ms);
        let again = if self.idle_until() > now { self.idle_until() } else { now + timeout };
        self.deadlines.set(Due::Idle, again);
    }

    /// The host is going down: what is begun is not waited for any longer than the host is.
    pub(super) fn hurry(&mut self) {
        let latest = self.after(limits::SHUTDOWN_SLEEP_MS);
        if matches!(self.phase, Phase::FallingAsleep { .. })
            && self.deadlines.time(Due::Phase).is_some_and(|at| at > latest)
        {
            self.deadlines.set(Due::Phase, latest);
        }
    }

    /// Takes note of what holds the actor up after a turn: the time in which nothing happens begins with its end.
    pub(super) fn note_holds(&mut self) {
        let holds = self.instance.holds();
        let held = holds.keep_awake + holds.wait_until > 0;
        if std::mem::replace(&mut self.held, held) && !held {
            self.beat();
        }
    }

    /// Its place is needed: it sleeps if nothing but its time-out keeps it awake.
    pub(super) fn pressed(&mut self) {
        self.pulse.released();
        if self.phase == Phase::Ready && self.causes(Bedtime::Pressed).is_empty() && self.mailbox.is_empty() {
            self.bedtime.get_or_insert(Bedtime::Pressed);
            self.agenda.push_back(Next::Sleep);
        }
    }

    /// Begins to sleep: from here on no call is taken.
    pub(super) async fn go_to_bed(&mut self) {
        let call = self.next_call();
        let before = self.phase;
        self.happen(Happening::SleepAsked(call));
        if self.phase == before {
            // It is on its way already, or to its end.
            return;
        }
        self.deadlines.clear(Due::Idle);
        self.pulse.set_ready(false);
        self.leaving = Some(self.supervisor.shared.room.leave());
        self.set_deadline(Due::Phase, self.start.launch.sleep_grace_ms);
        if self.supervisor.shared.is_closing() {
            self.hurry();
        }
        // It takes no call that those would wait for which it makes.
        self.closing.store(true, SeqCst);
        self.dismiss_bound().await;
        if !self.keeps_memory() {
            self.abort_waits(&abandoned());
        }
        if self.start.launch.hooks.sleep {
            self.agenda.push_back(Next::Lullaby(call));
        } else {
            self.happen(Happening::Answered(call));
        }
    }

    /// Tells the guest that it is to sleep.
    pub(super) async fn lullaby(&mut self, call: u64) {
        self.turn(Event::bare(EventKind::Sleep, call)).await;
    }

    /// Whether the guest has answered that, and nothing that it has begun goes on any more.
    pub(super) fn is_settled(&self) -> bool {
        self.phase == (Phase::FallingAsleep { call: None })
            && self.agenda.is_empty()
            && self.found.is_empty()
            // The end of an operation that is on its way is not to be slept over.
            && self.from_outside.is_empty()
            && self.unsettled().is_empty()
    }

    /// Lets the actor do what it does by itself, unless it is at it.
    pub(super) async fn begin_run(&mut self) {
        if self.calls.values().any(|waiter| matches!(waiter, Waiter::Run)) {
            return;
        }
        if self.calls.is_empty() {
            // The `run` before had it, and is gone.
            self.instance.drop_hand();
        }
        let call = self.next_call();
        self.calls.insert(call, Waiter::Run);
        self.turn(Event::bare(EventKind::Run, call)).await;
    }

    /// Closes the sockets that do not outlive the instance.
    async fn dismiss_bound(&mut self) {
        let bound = self.visitors.iter().filter(|(_, visitor)| !visitor.hibernates);
        let mut bound: Vec<_> = bound.map(|(connection, _)| *connection).collect();
        bound.sort_unstable();
        let said = bound.into_iter().filter_map(|connection| self.dismiss(connection, away())).collect();
        self.save(WriteSet::new(), said).await;
    }
}

/// How a socket ends whose actor falls asleep.
pub(super) fn away() -> CloseReason {
    // 1001 of RFC 6455: the endpoint is going away.
    CloseReason { code: 1001, reason: "actor.sleeping".to_owned() }
}

/// What becomes of a call that was not answered before the actor slept.
pub(super) fn abandoned() -> ActorError {
    ActorError::actor("aborted", "the actor went to sleep before it had answered")
}
