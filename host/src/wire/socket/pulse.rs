//! Whether the other side of a socket is still there.

use std::time::Duration;

use rivet_ground::limits;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Watches for silence: one timer a socket.
pub(super) struct Pulse {
    ticks: Interval,
    silent_ms: u64,
}

/// What to do about the silence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    /// There was none.
    Fine,
    /// Ask whether the other side is there.
    Ask,
    /// Nobody is there any more.
    Gone,
}

impl Pulse {
    /// Watches from now on.
    pub(super) fn new() -> Self {
        let mut ticks = interval(Duration::from_millis(limits::PING_EVERY_MS));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { ticks, silent_ms: 0 }
    }

    /// Waits until it is time to look, every [`limits::PING_EVERY_MS`]. Cancel-safe.
    pub(super) async fn tick(&mut self) {
        self.ticks.tick().await;
    }

    /// What to do at a tick, given whether something was heard since the last. The other side is given up at the first
    /// tick at which it has been silent for [`limits::SILENCE_MS`]; but not for silence to which nobody `listens`.
    pub(super) fn beat(&mut self, heard: bool, listens: bool) -> Beat {
        if heard {
            self.silent_ms = 0;
            return Beat::Fine;
        }
        if listens {
            self.silent_ms += limits::PING_EVERY_MS;
        }
        if self.silent_ms < limits::SILENCE_MS { Beat::Ask } else { Beat::Gone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_silent_is_asked_and_then_given_up() {
        let mut pulse = Pulse::new();
        // The first tick comes at once.
        pulse.tick().await;
        let asked = limits::SILENCE_MS.div_ceil(limits::PING_EVERY_MS) - 1;
        for _ in 0..2 {
            assert_eq!(pulse.beat(true, true), Beat::Fine);
            (0..asked).for_each(|_| assert_eq!(pulse.beat(false, true), Beat::Ask));
        }
        // It may have answered: that is read once somebody listens again.
        (0..=asked).for_each(|_| assert_eq!(pulse.beat(false, false), Beat::Ask));
        assert_eq!(pulse.beat(false, true), Beat::Gone);
    }
}
