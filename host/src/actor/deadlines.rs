//! What an actor waits for by the clock.

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;
use std::time::Duration;

use rivet_ground::{CallId, OperationId};
use tokio::time::Sleep;

/// Something with a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Due {
    /// A start or an end takes too long.
    Phase,
    /// Nothing has happened for so long that the actor may sleep.
    Idle,
    /// A caller gives up.
    Call(CallId),
    /// The actor has something to do.
    Alarm,
    /// A timer fires.
    Timer(OperationId),
}

/// The deadlines of one actor, on the monotonic clock. Bounded by what they stand for: calls, operations,
/// one phase, one rest and one alarm.
#[derive(Default)]
pub(super) struct Deadlines {
    ordered: BTreeSet<(Duration, Due)>,
    times: HashMap<Due, Duration>,
    bell: Option<Bell>,
}

/// Wakes whoever waits for a time.
struct Bell {
    sleep: Pin<Box<Sleep>>,
    at: Duration,
}

impl Deadlines {
    /// Sets a deadline, in place of an earlier one for the same thing.
    pub(super) fn set(&mut self, due: Due, at: Duration) {
        self.clear(due);
        self.ordered.insert((at, due));
        self.times.insert(due, at);
    }

    /// Drops a deadline, if there is one.
    pub(super) fn clear(&mut self, due: Due) {
        if let Some(at) = self.times.remove(&due) {
            self.ordered.remove(&(at, due));
        }
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Duration> {
        self.ordered.first().map(|(at, _)| *at)
    }

    /// Waits until the earliest deadline has come, or one that was there before it: most of them only move away, and are
    /// cheaper to be woken for in vain now and then than to be waited for anew in each turn. In the pace of the machine's clock.
    pub(super) async fn come(&mut self, now: Duration) {
        let Some(at) = self.next() else { return std::future::pending().await };
        let is_of_use = |bell: &Bell| bell.at <= at && !bell.sleep.is_elapsed();
        let bell = self.bell.take().filter(is_of_use);
        let new = || Bell { sleep: Box::pin(tokio::time::sleep(at.saturating_sub(now))), at };
        self.bell.insert(bell.unwrap_or_else(new)).sleep.as_mut().await;
    }

    /// The timers that have not fired, with their times.
    pub(super) fn timers(&self) -> impl Iterator<Item = (OperationId, Duration)> {
        self.times.iter().filter_map(|(due, at)| match due {
            Due::Timer(operation) => Some((*operation, *at)),
            _ => None,
        })
    }

    /// When something is due.
    pub(super) fn time(&self, due: Due) -> Option<Duration> {
        self.times.get(&due).copied()
    }

    /// Takes the earliest deadline if it has come.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Due> {
        let (at, due) = *self.ordered.first()?;
        if at > now {
            return None;
        }
        self.clear(due);
        Some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_each_once() {
        let at = Duration::from_millis;
        let mut deadlines = Deadlines::default();
        deadlines.set(Due::Timer(1), at(30));
        deadlines.set(Due::Call(1), at(20));
        deadlines.set(Due::Phase, at(10));
        deadlines.set(Due::Phase, at(40));
        deadlines.clear(Due::Call(1));
        assert_eq!(deadlines.next(), Some(at(30)));
        assert_eq!(deadlines.take_due(at(29)), None);
        assert_eq!(deadlines.take_due(at(50)), Some(Due::Timer(1)));
        assert_eq!(deadlines.take_due(at(50)), Some(Due::Phase));
        assert_eq!(deadlines.take_due(at(50)), None);
    }

    #[tokio::test]
    async fn one_that_comes_to_be_the_earliest_is_not_missed() {
        let (now, soon, late) = (Duration::ZERO, Duration::from_millis(5), Duration::from_secs(3_600));
        let mut deadlines = Deadlines::default();
        deadlines.set(Due::Phase, late);
        assert!(tokio::time::timeout(soon, deadlines.come(now)).await.is_err());
        deadlines.set(Due::Timer(1), soon);
        deadlines.come(now).await;
        // It has rung for this one, and does not again for the other.
        deadlines.clear(Due::Timer(1));
        assert!(tokio::time::timeout(soon, deadlines.come(now)).await.is_err());
    }
}
