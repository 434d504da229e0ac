//! Wakes the actors that sleep while something is due for them, or that want to be awake.
//!
//! The store has a row for each actor that has something to do at a time, ordered by time. They are read from the first to those of
//! now, and no further: a million that are to come cost nothing here. Actors that are awake look after themselves; when
//! one is no longer, it says so here, if something is to come for it.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use rivet_ground::{ActorId, limits};
use rivet_store::{KeyRange, StoreError, Table, alarm_row};
use tokio::sync::Notify;

use crate::actor::live::Pulse;
use crate::actor::supervisor::{Shared, Supervisor};

/// The way to whoever wakes actors.
pub(super) struct Alarms {
    /// The earliest alarm of actors that are awake no longer, since it was last looked at, in milliseconds since the Unix
    /// epoch.
    told_ms: AtomicU64,
    rung: Notify,
}

impl Default for Alarms {
    fn default() -> Self {
        Self { told_ms: AtomicU64::new(NEVER), rung: Notify::new() }
    }
}

const NEVER: u64 = u64::MAX;
/// Before all ids.
const FIRST: ActorId = ActorId::from_bytes([0; 16]);

impl Supervisor {
    /// An actor is awake no longer: what is to come for it is looked after from here on.
    pub(super) fn watch_alarm(&self, id: ActorId) {
        match self.shared.directory.alarm_ms(id) {
            Ok(None) => {}
            Ok(Some(due_ms)) => {
                self.shared.alarms.told_ms.fetch_min(due_ms, SeqCst);
                self.shared.alarms.rung.notify_one();
            }
            Err(error) => {
                tracing::error!(actor = %id, "what it is to do at what time cannot be read: {error}")
            }
        }
    }
}

/// Wakes actors for as long as the host lives.
pub(super) async fn run(shared: Weak<Shared>, alarms: Arc<Alarms>) {
    let mut clock = AlarmClock::default();
    let every = Duration::from_millis(limits::ALARM_EVERY_MS);
    loop {
        let Some(shared) = shared.upgrade() else { return };
        if shared.is_closing() {
            return;
        }
        let wait = clock.pass(&Supervisor { shared }).unwrap_or_else(|error| {
            tracing::error!("what is due for sleeping actors cannot be read: {error}");
            Duration::from_millis(limits::ALARM_RETRY_MS)
        });
        tokio::select! {
            () = tokio::time::sleep(wait.max(every)) => {}
            () = alarms.rung.notified() => tokio::time::sleep(every).await,
        }
    }
}

/// How far the rows have been read, and what came of it.
#[derive(Default)]
struct AlarmClock {
    /// What is before it is for actors that are awake, or that are left alone for a while.
    cursor: Vec<u8>,
    /// When all is read anew, on the monotonic clock.
    anew_at: Duration,
    /// Those that were woken and are not ready yet.
    starting: Vec<Arc<Pulse>>,
    /// Those that were woken lately.
    tried: HashMap<ActorId, Tried>,
    /// Those that are left alone for a while: until when, and their rows.
    left_alone: BTreeSet<(Duration, Vec<u8>)>,
}

/// An actor that was woken.
struct Tried {
    /// What was due for it. If it still is, when the actor is awake no longer, nothing came of it.
    first: Option<Bytes>,
    /// When it may be woken for that again, on the monotonic clock, and how long that was.
    again_at: Duration,
    delay: Duration,
}

impl AlarmClock {
    /// Wakes those for whom something is due; gives how long nothing is to be done.
    fn pass(&mut self, supervisor: &Supervisor) -> Result<Duration, StoreError> {
        let shared = &supervisor.shared;
        let (now, now_ms) = (shared.clock.monotonic(), shared.clock.now_ms());
        self.go_back(shared, now);
        self.starting.retain(|pulse| !pulse.is_ready() && Arc::strong_count(pulse) > 1);
        let every = Duration::from_millis(limits::ALARM_EVERY_MS);
        let future = alarm_row(now_ms.saturating_add(1), FIRST);
        let due = KeyRange::new(Bound::Included(&self.cursor), Bound::Excluded(&future), limits::ALARM_ROWS);
        let rows = shared.store.scan(Table::Alarms, &due)?;
        let is_all = rows.len() < limits::ALARM_ROWS;
        for (row, _) in rows {
            if self.starting.len() >= limits::ALARM_STARTS {
                return Ok(every);
            }
            self.wake(supervisor, &row, now)?;
            // The first key behind it.
            self.cursor = [&row, &[0][..]].concat();
        }
        if !is_all {
            return Ok(every);
        }
        let next = KeyRange::new(Bound::Included(&future), Bound::Unbounded, 1);
        let next = shared.store.scan(Table::Alarms, &next)?.pop().and_then(|(row, _)| parse(&row));
        let next_ms = next.map_or(NEVER, |(due_ms, _)| due_ms.saturating_sub(now_ms));
        let wait = Duration::from_millis(next_ms.min(limits::ALARM_LOOK_MS));
        let again = self.left_alone.first().map(|(again_at, _)| again_at.saturating_sub(now));
        Ok(again.map_or(wait, |again| again.min(wait)))
    }

    /// Goes back to what is to be read again.
    fn go_back(&mut self, shared: &Shared, now: Duration) {
        let told_ms = shared.alarms.told_ms.swap(NEVER, SeqCst);
        if told_ms != NEVER {
            self.read_from(alarm_row(told_ms, FIRST));
        }
        while let Some((again_at, row)) = self.left_alone.pop_first() {
            if again_at > now {
                self.left_alone.insert((again_at, row));
                break;
            }
            self.read_from(row);
        }
        if self.anew_at <= now {
            let look = Duration::from_millis(limits::ALARM_LOOK_MS);
            self.anew_at = now + look;
            self.cursor.clear();
            // Something has come of the others, or they would have been woken again.
            self.tried.retain(|_, tried| tried.again_at + look > now);
        }
    }

    fn read_from(&mut self, row: Vec<u8>) {
        if row < self.cursor {
            self.cursor = row;
        }
    }

    /// Wakes the actor of a row, unless it is awake, or was woken for the same in vain a moment ago.
    fn wake(&mut self, supervisor: &Supervisor, row: &[u8], now: Duration) -> Result<(), StoreError> {
        let Some((_, id)) = parse(row).filter(|(_, id)| supervisor.shared.live.get(*id).is_none()) else {
            return Ok(());
        };
        let first = supervisor.shared.directory.first_alarm(id)?;
        let retry = Duration::from_millis(limits::ALARM_RETRY_MS);
        let delay = match self.tried.get(&id).filter(|tried| tried.first == first) {
            Some(tried) if tried.again_at > now => {
                self.left_alone.insert((tried.again_at, row.to_vec()));
                return Ok(());
            }
            Some(tried) => (tried.delay * 2).min(Duration::from_millis(limits::ALARM_RETRY_MAX_MS)),
            None => retry,
        };
        if self.tried.len() >= limits::ALARMS_TRIED {
            // They are tried again sooner than they might be.
            self.tried.clear();
        }
        self.tried.insert(id, Tried { first, again_at: now + delay, delay });
        match supervisor.handle(id) {
            Ok(handle) => self.starting.push(handle.pulse),
            Err(error) => {
                tracing::warn!(actor = %id, "it cannot be woken for what is due: {error}");
                self.left_alone.insert((now + delay, row.to_vec()));
            }
        }
        Ok(())
    }
}

/// The time and the actor of a row.
fn parse(row: &[u8]) -> Option<(u64, ActorId)> {
    let (due_ms, id) = row.split_first_chunk()?;
    Some((u64::from_be_bytes(*due_ms), ActorId::from_bytes(id.try_into().ok()?)))
}
