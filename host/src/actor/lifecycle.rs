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
        use Happening::{Answered, Crashed, DestroyAsked, PhaseTimedOut, Refused};
        match (self, happening) {
            (Self::Starting { call, .. }, Answered(answered)) if call == answered => Self::Ready,
            (Self::Starting { call, .. }, Refused(answered)) if call == answered => {
                Self::Ended(End::StartFailed)
            }
            (Self::Starting { .. }, Crashed | PhaseTimedOut) => Self::Ended(End::StartFailed),
            (Self::Ready, DestroyAsked(call)) => Self::Destroying { call },
            (Self::Ready, Crashed) => Self::Ended(End::Crashed),
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
    fn only_a_ready_instance_takes_calls() {
        assert!(Phase::Ready.takes_calls());
        assert!(!STARTING.takes_calls());
        check(Phase::Ready, &[Happening::Refused(3)], Phase::Ready);
        check(Phase::Ready, &[Happening::Crashed], Phase::Ended(End::Crashed));
        check(Phase::Ended(End::Crashed), &[Happening::Answered(1)], Phase::Ended(End::Crashed));
    }
}
