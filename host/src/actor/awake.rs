//! What keeps an actor awake.

use std::time::Duration;

use rivet_ground::limits;
use serde::Serialize;

use crate::actor::bedtime::Bedtime;
use crate::actor::deadlines::Due;
use crate::actor::lifecycle::Phase;
use crate::actor::task::ActorTask;
use crate::actor::visitors::Stage;
use crate::actor::waiter::{LetIn, Waiter};

/// What an actor is doing, and what keeps it from sleeping.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Awake {
    /// How far it is in its life.
    pub state: State,
    /// Which part of its start goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<&'static str>,
    /// When the host loses patience with a start or an end, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// What keeps it awake, or what it waits for before it sleeps.
    pub causes: Vec<Reason>,
    /// When it goes to sleep if nothing happens, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sleeps_at_ms: Option<u64>,
    /// When it wakes if nothing happens, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wakes_at_ms: Option<u64>,
}

/// How far an actor is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has no instance: something must come for it.
    #[default]
    Asleep,
    /// It is not ready yet.
    Starting,
    /// It takes calls.
    Awake,
    /// It takes no more calls before it has slept.
    FallingAsleep,
    /// It is being removed.
    Destroying,
    /// It computes, and has not answered in time what it is doing.
    Busy,
}

/// Something that keeps an actor awake, and how many of it there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What it is.
    pub cause: Cause,
    /// How many.
    pub count: usize,
    /// What it is, for people.
    pub detail: &'static str,
}

/// The things that keep an actor awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It is starting.
    Starting,
    /// Its option `noSleep`.
    NoSleep,
    /// Clients that are connected.
    Connection,
    /// Calls that are being answered.
    Action,
    /// Scheduled actions that are being run.
    Schedule,
    /// Raw requests that are being answered.
    Request,
    /// Messages of raw WebSockets that are being dealt with.
    Message,
    /// Senders that wait until their messages are completed.
    Sender,
    /// Connections that are being let in, or subscriptions that are being allowed.
    Connecting,
    /// Connections of which leave is being taken.
    Disconnecting,
    /// What the actor does by itself.
    Run,
    /// What the actor said must not be interrupted.
    KeepAwake,
    /// What the actor said is to be waited for.
    WaitUntil,
    /// It computes.
    Busy,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Starting,
        Self::NoSleep,
        Self::Connection,
        Self::Action,
        Self::Schedule,
        Self::Request,
        Self::Message,
        Self::Sender,
        Self::Connecting,
        Self::Disconnecting,
        Self::Run,
        Self::KeepAwake,
        Self::WaitUntil,
        Self::Busy,
    ];

    /// The name, as in answers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::NoSleep => "no_sleep",
            Self::Connection => "connection",
            Self::Action => "action",
            Self::Schedule => "schedule",
            Self::Request => "request",
            Self::Message => "message",
            Self::Sender => "sender",
            Self::Connecting => "connecting",
            Self::Disconnecting => "disconnecting",
            Self::Run => "run",
            Self::KeepAwake => "keep_awake",
            Self::WaitUntil => "wait_until",
            Self::Busy => "busy",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::Starting => "its start is not answered yet",
            Self::NoSleep => "its option noSleep is set",
            Self::Connection => "clients are connected; they stay so when it sleeps for another reason",
            Self::Action => "calls are being answered",
            Self::Schedule => "scheduled actions are being run",
            Self::Request => "raw requests are being answered",
            Self::Message => "messages of raw WebSockets are being dealt with",
            Self::Sender => "senders wait until their messages are completed",
            Self::Connecting => "connections are being let in, or subscriptions allowed",
            Self::Disconnecting => "leave is being taken of connections",
            Self::Run => "its run goes on",
            Self::KeepAwake => "it holds itself awake",
            Self::WaitUntil => "it has begun something that is to be waited for",
            Self::Busy => "it computes",
        }
    }
}

impl Reason {
    pub(super) fn new(cause: Cause, count: usize) -> Self {
        Self { cause, count, detail: cause.detail() }
    }
}

impl Awake {
    /// A start that has not got as far as an instance.
    pub(super) fn starting(phase: &'static str, deadline_ms: u64) -> Self {
        let causes = vec![Reason::new(Cause::Starting, 1)];
        Self {
            state: State::Starting,
            phase: Some(phase),
            deadline_ms: Some(deadline_ms),
            causes,
            ..Self::default()
        }
    }

    /// An instance that does not answer.
    pub(super) fn busy() -> Self {
        Self { state: State::Busy, causes: vec![Reason::new(Cause::Busy, 1)], ..Self::default() }
    }
}

impl ActorTask {
    /// What the actor is doing, and what keeps it from sleeping.
    pub(super) fn awake(&self) -> Awake {
        let deadline_ms = self.deadlines.time(Due::Phase).map(|at| self.wall_ms(at));
        let awake = |state, causes| Awake { state, deadline_ms, causes, ..Awake::default() };
        match self.phase {
            Phase::Starting { first, .. } => {
                let phase = if first { "create" } else { "wake" };
                Awake::starting(phase, deadline_ms.unwrap_or_default())
            }
            Phase::Ready => {
                let causes = self.causes(Bedtime::Idle);
                let idle = self.deadlines.time(Due::Idle).filter(|_| causes.is_empty());
                let sleeps_at_ms = idle.map(|_| self.wall_ms(self.idle_until()));
                Awake { sleeps_at_ms, ..awake(State::Awake, causes) }
            }
            Phase::FallingAsleep { .. } => awake(State::FallingAsleep, self.unsettled()),
            Phase::Destroying { .. } | Phase::Ended(_) => awake(State::Destroying, Vec::new()),
        }
    }

    /// What keeps the actor from going to sleep for this reason.
    pub(super) fn causes(&self, bedtime: Bedtime) -> Vec<Reason> {
        let mut causes = Vec::new();
        if self.start.launch.no_sleep {
            causes.push(Reason::new(Cause::NoSleep, 1));
        }
        // Those that outlive the instance need not keep it when its place is needed.
        let bound = |visitor: &&_| bedtime == Bedtime::Idle || !Self::outlives(visitor);
        let connections = self.visitors.values().filter(bound).count();
        if connections > 0 {
            causes.push(Reason::new(Cause::Connection, connections));
        }
        causes.extend(self.begun());
        let run = self.calls.values().filter(|waiter| matches!(waiter, Waiter::Run)).count();
        // Who waits for what wakes it need not be awake.
        if run > 0 && !self.instance.rests() {
            causes.push(Reason::new(Cause::Run, run));
        }
        let holds = self.instance.holds();
        if holds.keep_awake > 0 {
            causes.push(Reason::new(Cause::KeepAwake, holds.keep_awake));
        }
        causes
    }

    /// What is waited for before the actor sleeps.
    pub(super) fn unsettled(&self) -> Vec<Reason> {
        let mut reasons = self.begun();
        let holds = self.instance.holds();
        for (cause, count) in [(Cause::KeepAwake, holds.keep_awake), (Cause::WaitUntil, holds.wait_until)] {
            if count > 0 {
                reasons.push(Reason::new(cause, count));
            }
        }
        // With its memory kept it goes on where it is, and without it begins anew with what it waits for.
        let run = self.calls.values().filter(|waiter| matches!(waiter, Waiter::Run)).count();
        if run > 0 && !self.keeps_memory() && !self.instance.rests() {
            reasons.push(Reason::new(Cause::Run, run));
        }
        reasons
    }

    /// What somebody waits for, by cause.
    fn begun(&self) -> Vec<Reason> {
        let mut causes: Vec<Cause> = self.calls.values().filter_map(cause).collect();
        causes.sort_unstable();
        let groups = causes.chunk_by(|a, b| a == b);
        let first = |group: &[Cause]| group.first().map(|cause| Reason::new(*cause, group.len()));
        let mut reasons: Vec<Reason> = groups.filter_map(first).collect();
        if reasons.is_empty() && !self.agenda.is_empty() {
            reasons.push(Reason::new(Cause::Busy, self.agenda.len()));
        }
        reasons
    }

    fn outlives(visitor: &crate::actor::visitors::Visitor) -> bool {
        visitor.hibernates && visitor.stage == Stage::In
    }

    /// A time of the monotonic clock as one of the wall clock, in milliseconds since the Unix epoch.
    pub(super) fn wall_ms(&self, at: Duration) -> u64 {
        let clock = &self.supervisor.shared.clock;
        let (now, now_ms) = (clock.monotonic(), clock.now_ms());
        let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(limits::OPTION_MS);
        (now_ms + ms(at.saturating_sub(now))).saturating_sub(ms(now.saturating_sub(at)))
    }
}

fn cause(waiter: &Waiter) -> Option<Cause> {
    Some(match waiter {
        Waiter::Caller { .. }
        | Waiter::Frame { .. }
        | Waiter::Publish { .. }
        | Waiter::Connect { then: LetIn::Call(_), .. } => Cause::Action,
        Waiter::Sender { .. } => Cause::Sender,
        Waiter::Scheduled { .. } => Cause::Schedule,
        Waiter::Request(_) => Cause::Request,
        Waiter::Message { .. } => Cause::Message,
        Waiter::Connect { then: LetIn::Socket { .. }, .. } | Waiter::Subscribe { .. } => Cause::Connecting,
        Waiter::Disconnect => Cause::Disconnecting,
        Waiter::Run => return None,
    })
}
