//! The life of an instance, as a state machine without I/O.

use rivet_ground::CallId;

/// Where an instance is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It was given its start and has not answered. Calls are held.
    Starting {
        /// The start's call.
        call: CallId,
        /// Whether it is the first start of the actor.
        first: bool,
    },
    /// It takes calls.
    Ready,
    /// It was told to sleep. Calls are held, for the instance after it.
    FallingAsleep {
        /// The call that told it; none once it has answered, and what it has begun is waited for.
        call: Option<CallId>,
    },
    /// It was told of its end and has not answered. Calls are held, to be refused.
    Destroying {
        /// The end's call.
        call: CallId,
    },
    /// It takes nothing any more.
    Ended(End),
}

/// How a life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The start was answered with an error, trapped, or took too long.
    StartFailed,
    /// A later turn trapped or could not be committed: the actor lives on in its next instance.
    Crashed,
    /// The actor sleeps until something comes for it.
    Asleep,
    /// The actor is to be removed.
    Destroyed,
}

/// What happens to an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// A call was answered without an error.
    Answered(CallId),
    /// A call was answered with an error.
    Refused(CallId),
    /// The end was asked for, from inside or outside; this call is to tell the guest.
    DestroyAsked(CallId),
    /// Sleep was asked for, from inside or outside, or nothing has happened for long; this call is to tell the guest.
    SleepAsked(CallId),
    /// Nothing that the guest has begun is going on any more.
    Settled,
    /// A turn trapped, or its commit was refused.
    Crashed,
    /// The phase's deadline passed.
    PhaseTimedOut,
}

impl Phase {
    /// Whether calls are taken.
    pub(super) fn takes_calls(self) -> bool {
        self == Self::Ready
    }

    /// The phase after something happened.
    pub(super) fn after(self, happening: Happening) -> Self {
        use Happening::{Answered, Crashed, DestroyAsked, PhaseTimedOut, Refused, Settled, SleepAsked};
        match (self, happening) {
            (Self::Starting { call, .. }, Answered(answered)) if call == answered => Self::Ready,
            (Self::Starting { call, .. }, Refused(answered)) if call == answered => {
                Self::Ended(End::StartFailed)
            }
            (Self::Starting { .. }, Crashed | PhaseTimedOut) => Self::Ended(End::StartFailed),
            (Self::Ready | Self::FallingAsleep { .. }, DestroyAsked(call)) => Self::Destroying { call },
            (Self::Ready | Self::FallingAsleep { .. }, Crashed) => Self::Ended(End::Crashed),
            (Self::Ready, SleepAsked(call)) => Self::FallingAsleep { call: Some(call) },
            // A guest may fail to fall asleep nicely, but not refuse it.
            (Self::FallingAsleep { call: Some(call) }, Answered(answered) | Refused(answered))
                if call == answered =>
            {
                Self::FallingAsleep { call: None }
            }
            (Self::FallingAsleep { call: None }, Settled) => Self::Ended(End::Asleep),
            (Self::FallingAsleep { .. }, PhaseTimedOut) => Self::Ended(End::Asleep),
            // A guest may fail at its end, but not refuse it.
            (Self::Destroying { call }, Answered(answered) | Refused(answered)) if call == answered => {
                Self::Ended(End::Destroyed)
            }
            (Self::Destroying { .. }, Crashed | PhaseTimedOut) => Self::Ended(End::Destroyed),
            (phase, _) => phase,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: Phase, happenings: &[Happening], to: Phase) {
        assert_eq!(happenings.iter().fold(from, |phase, h| phase.after(*h)), to, "{happenings:?}");
    }

    const STARTING: Phase = Phase::Starting { call: 1, first: true };

    #[test]
    fn a_start_ends_in_readiness_or_failure() {
        check(STARTING, &[Happening::Answered(1)], Phase::Ready);
        check(STARTING, &[Happening::Answered(2)], STARTING);
        check(STARTING, &[Happening::Refused(1)], Phase::Ended(End::StartFailed));
        check(STARTING, &[Happening::Crashed], Phase::Ended(End::StartFailed));
        check(STARTING, &[Happening::PhaseTimedOut], Phase::Ended(End::StartFailed));
        check(STARTING, &[Happening::DestroyAsked(2)], STARTING);
    }

    #[test]
    fn an_end_cannot_be_refused() {
        let asked = Happening::DestroyAsked(7);
        check(Phase::Ready, &[asked], Phase::Destroying { call: 7 });
        for last in
            [Happening::Answered(7), Happening::Refused(7), Happening::Crashed, Happening::PhaseTimedOut]
        {
            check(Phase::Ready, &[asked, last], Phase::Ended(End::Destroyed));
        }
        check(Phase::Ready, &[asked, Happening::DestroyAsked(8)], Phase::Destroying { call: 7 });
    }

    #[test]
    fn who_falls_asleep_answers_first_and_ends_what_it_has_begun() {
        let asked = Happening::SleepAsked(7);
        let falling = |call| Phase::FallingAsleep { call };
        check(Phase::Ready, &[asked], falling(Some(7)));
        check(Phase::Ready, &[asked, Happening::SleepAsked(8)], falling(Some(7)));
        // What is settled before the answer may be begun by it.
        check(Phase::Ready, &[asked, Happening::Settled], falling(Some(7)));
        check(Phase::Ready, &[asked, Happening::Answered(6)], falling(Some(7)));
        for answer in [Happening::Answered(7), Happening::Refused(7)] {
            check(Phase::Ready, &[asked, answer], falling(None));
            check(Phase::Ready, &[asked, answer, Happening::Settled], Phase::Ended(End::Asleep));
            check(Phase::Ready, &[asked, answer, Happening::PhaseTimedOut], Phase::Ended(End::Asleep));
        }
        check(Phase::Ready, &[asked, Happening::PhaseTimedOut], Phase::Ended(End::Asleep));
    }

    #[test]
    fn who_falls_asleep_may_still_crash_or_be_destroyed() {
        let asked = Happening::SleepAsked(7);
        check(Phase::Ready, &[asked, Happening::Crashed], Phase::Ended(End::Crashed));
        check(Phase::Ready, &[asked, Happening::DestroyAsked(8)], Phase::Destroying { call: 8 });
        let answered = [asked, Happening::Answered(7), Happening::DestroyAsked(8), Happening::Settled];
        check(Phase::Ready, &answered, Phase::Destroying { call: 8 });
    }

    #[test]
    fn only_a_ready_instance_falls_asleep() {
        let asked = Happening::SleepAsked(7);
        check(STARTING, &[asked], STARTING);
        check(Phase::Destroying { call: 1 }, &[asked], Phase::Destroying { call: 1 });
        check(Phase::Ended(End::Asleep), &[asked], Phase::Ended(End::Asleep));
        check(Phase::Ready, &[Happening::Settled], Phase::Ready);
    }

    #[test]
    fn only_a_ready_instance_takes_calls() {
        assert!(Phase::Ready.takes_calls());
        assert!(!STARTING.takes_calls());
        assert!(!Phase::FallingAsleep { call: None }.takes_calls());
        check(Phase::Ready, &[Happening::Refused(3)], Phase::Ready);
        check(Phase::Ready, &[Happening::Crashed], Phase::Ended(End::Crashed));
        check(Phase::Ended(End::Crashed), &[Happening::Answered(1)], Phase::Ended(End::Crashed));
    }
}
