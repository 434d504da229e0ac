//! Wakes actors that have messages which an instance before did not get around to: because it failed, or the host was
//! killed. Only those that take messages by themselves, in their `run`.

use std::collections::HashMap;
use std::ops::Bound;
use std::sync::Weak;
use std::time::Duration;

use parking_lot::Mutex;
use rivet_ground::{ActorId, limits};
use rivet_store::{KeyRange, StoreError, Table};

use crate::actor::start::Start;
use crate::actor::supervisor::{Shared, Supervisor};

/// The actors that have failed with messages left.
#[derive(Default)]
pub(super) struct Leftovers {
    failed: Mutex<HashMap<ActorId, Failed>>,
}

/// An actor that failed a while ago.
struct Failed {
    /// How long it was left alone after that.
    delay: Duration,
    /// When, on the monotonic clock.
    at: Duration,
}

impl Leftovers {
    /// How long an actor that has failed now is to be left alone: longer each time that it does so again soon.
    fn delay(&self, id: ActorId, now: Duration) -> Duration {
        let least = Duration::from_millis(limits::LEFTOVERS_RETRY_MS);
        let most = Duration::from_millis(limits::LEFTOVERS_RETRY_MAX_MS);
        let mut failed = self.failed.lock();
        if failed.len() >= limits::LEFTOVERS_FAILED {
            failed.retain(|_, failed| failed.at + 2 * most > now);
        }
        let delay = match failed.get(&id) {
            Some(before) if before.at + 2 * before.delay + most > now => (2 * before.delay).min(most),
            _ => least,
        };
        if failed.len() < limits::LEFTOVERS_FAILED {
            failed.insert(id, Failed { delay, at: now });
        }
        delay
    }
}

impl Supervisor {
    /// An instance of an actor has failed: if there are messages for its `run`, another one is started after a while.
    pub(super) fn see_to_leftovers(&self, start: &Start) {
        let id = start.record.id;
        if !start.launch.hooks.run || !self.has_messages(id) {
            return;
        }
        let delay = self.shared.leftovers.delay(id, self.shared.clock.monotonic());
        let shared = std::sync::Arc::downgrade(&self.shared);
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            if let Some(shared) = shared.upgrade().filter(|shared| !shared.is_closing()) {
                // If it cannot be started, that is in the log, and what comes next for it tries again.
                drop(Supervisor { shared }.handle(id));
            }
        });
    }

    fn has_messages(&self, id: ActorId) -> bool {
        let one = self.shared.store.scan(Table::Queue, &KeyRange::prefix(id.as_bytes(), 1));
        let one = one.unwrap_or_else(|error| {
            tracing::error!(actor = %id, "its queue cannot be read: {error}");
            Vec::new()
        });
        !one.is_empty()
    }

    /// Starts an actor if it takes messages by itself.
    fn start_for_messages(&self, id: ActorId) -> Result<(), StoreError> {
        let Some(record) = self.shared.directory.get(id)?.filter(|record| record.destroyed_ms.is_none())
        else {
            return Ok(());
        };
        if self.shared.catalog.launch(&record.name).is_some_and(|launch| launch.hooks.run)
            && let Err(error) = self.handle(id)
        {
            tracing::warn!(actor = %id, name = %record.name, "it cannot be woken for its messages: {error}");
        }
        Ok(())
    }
}

/// Wakes those with messages that an earlier run of the host has left, few at a time.
pub(super) async fn run(shared: Weak<Shared>) {
    let every = Duration::from_millis(limits::ALARM_EVERY_MS);
    let mut from = Bound::Unbounded;
    loop {
        let Some(shared) = shared.upgrade().filter(|shared| !shared.is_closing()) else { return };
        let supervisor = Supervisor { shared };
        for _ in 0..limits::LEFTOVERS_STARTS {
            match next(&supervisor, &mut from) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return tracing::error!("the queues of actors cannot be read: {error}"),
            }
        }
        drop(supervisor);
        tokio::time::sleep(every).await;
    }
}

/// Starts the next actor that has messages; false if there is none.
fn next(supervisor: &Supervisor, from: &mut Bound<Vec<u8>>) -> Result<bool, StoreError> {
    let start = from.as_ref().map(Vec::as_slice);
    let found = supervisor.shared.store.scan(Table::Queue, &KeyRange::new(start, Bound::Unbounded, 1))?;
    let Some(id) = found.first().and_then(|(key, _)| key.first_chunk().copied()) else { return Ok(false) };
    // Behind all of its messages.
    *from = Bound::Excluded([&id[..], &[u8::MAX; size_of::<u64>()]].concat());
    supervisor.start_for_messages(ActorId::from_bytes(id))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_fails_again_is_left_alone_longer() {
        let leftovers = Leftovers::default();
        let (id, at) = (ActorId::from_bytes([1; 16]), Duration::from_secs);
        let delays: Vec<u64> = (0..12).map(|n| leftovers.delay(id, at(n)).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(leftovers.delay(ActorId::from_bytes([2; 16]), at(12)), at(1));
        assert_eq!(leftovers.delay(id, at(10_000)), at(1), "after a long time all is well");
    }
}
