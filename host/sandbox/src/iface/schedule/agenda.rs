//! What is due, in its order, and the actor's alarm, which is its first.

use std::collections::VecDeque;
use std::ops::Bound;

use bytes::Bytes;
use rivet_ground::{ActorError, ScheduleError, limits};
use rivet_store::{KeyRange, Table, WriteSet, alarm_row};

use crate::iface::fault::Fault;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::schedule::firing::Claimed;
use crate::iface::schedule::rows::{Due, due_end, due_key, parse_due};

/// What an instance is told of its actor's schedules.
#[derive(Clone, Copy, Debug, Default)]
pub struct SchedulesView {
    /// When the first of its schedules is due, in milliseconds since the Unix epoch.
    pub due_ms: Option<u64>,
    /// When it wants to be awake, in milliseconds since the Unix epoch.
    pub wake_at_ms: Option<u64>,
    /// How many schedules it may have.
    pub most: u32,
}

/// What an instance knows of its actor's schedules: nothing of any single one.
#[derive(Default)]
pub(crate) struct Agenda {
    /// When the first is due, as turns that have ended have left it.
    pub(crate) due_ms: Option<u64>,
    /// When the actor wants to be awake, as this turn says.
    pub(in crate::iface) wake_at_ms: Option<u64>,
    /// The same, as turns that have ended have left it. The actor's alarm is the earlier one of the two.
    written_wake_at_ms: Option<u64>,
    /// How many schedules there may be.
    most: u32,
    /// How many there are, once known.
    count: Option<u32>,
    /// Rows of history of all jobs, once known.
    pub(super) history_rows: Option<u32>,
    /// Nothing is due before this key: so what has been deleted in front of it is not read over again.
    first: Vec<u8>,
    /// What is due first, in order, while much is due at once: so that not each of it takes a look at the store.
    ahead: VecDeque<(Bytes, Bytes)>,
    /// Whether this turn has changed what is due.
    is_changed: bool,
    /// What this turn has claimed.
    pub(in crate::iface) claimed: Option<Claimed>,
}

impl Agenda {
    pub(crate) fn new(view: SchedulesView) -> Self {
        let SchedulesView { due_ms, wake_at_ms, most } = view;
        Self { due_ms, wake_at_ms, written_wake_at_ms: wake_at_ms, most, ..Self::default() }
    }

    /// Forgets what the turn has changed.
    pub(crate) fn drop_turn(&mut self) {
        self.count = None;
        self.history_rows = None;
        self.first.clear();
        self.ahead = VecDeque::new();
        self.is_changed = false;
        self.wake_at_ms = self.written_wake_at_ms;
    }
}

impl Inside {
    /// The first that is due: its key, and what the key leads to.
    pub(super) fn first_due(&mut self) -> wasmtime::Result<Option<(Bytes, Bytes)>> {
        match self.agenda.ahead.front() {
            Some(first) => Ok(Some(first.clone())),
            None => Ok(self.read_due(1)?.into_iter().next()),
        }
    }

    /// The same, with a look ahead at what is due behind it. Forgotten as soon as the first of it is not due yet.
    pub(super) fn first_due_now(&mut self, now_ms: u64) -> wasmtime::Result<Option<(u64, Due, Bytes)>> {
        if self.agenda.ahead.is_empty() {
            self.agenda.ahead = self.read_due(limits::SCHEDULES_AHEAD)?.into();
        }
        let first = self.first_due()?;
        let first = first.and_then(|(key, value)| parse_due(&key).map(|(due_ms, due)| (due_ms, due, value)));
        let due = first.filter(|(due_ms, ..)| *due_ms <= now_ms);
        if due.is_none() {
            self.agenda.ahead = VecDeque::new();
        }
        Ok(due)
    }

    fn read_due(&mut self, count: usize) -> wasmtime::Result<Vec<(Bytes, Bytes)>> {
        let actor = self.identity.actor;
        let range = KeyRange::prefix(actor.as_bytes(), count)
            .ending(Bound::Excluded(&due_end(actor)))
            .limit_bytes(limits::SCHEDULES_AHEAD_BYTES);
        let range = if self.agenda.first.is_empty() {
            range
        } else {
            range.starting(Bound::Included(&self.agenda.first))
        };
        let Some(overlay) = &self.overlay else { return Ok(Vec::new()) };
        let rows = overlay.scan(Table::Schedules, &range).map_err(host_fault)?;
        if let Some((key, _)) = rows.first() {
            self.agenda.first = key.to_vec();
        }
        Ok(rows)
    }

    /// Adds something that is due at a time.
    pub(super) fn put_due(&mut self, due_ms: u64, due: &Due, value: Vec<u8>) -> Result<(), Fault> {
        let key = due_key(self.identity.actor, due_ms, due);
        self.agenda.is_changed = true;
        if self.agenda.ahead.back().is_some_and(|(last, _)| key.as_slice() <= last) {
            self.agenda.ahead.clear();
        }
        if key < self.agenda.first {
            self.agenda.first.clone_from(&key);
        }
        self.overlay()?.put(Table::Schedules, key, value);
        Ok(())
    }

    /// Removes something that is due at a time.
    pub(super) fn delete_due(&mut self, due_ms: u64, due: &Due) -> Result<(), Fault> {
        let key = due_key(self.identity.actor, due_ms, due);
        self.agenda.is_changed = true;
        let ahead = &mut self.agenda.ahead;
        if ahead.pop_front_if(|(first, _)| *first == key).is_none()
            && ahead.back().is_some_and(|(last, _)| key.as_slice() <= last)
        {
            ahead.clear();
        }
        self.overlay()?.delete(Table::Schedules, key);
        Ok(())
    }

    /// What is due, page by page: each row goes to `take`, in order.
    ///
    /// # Errors
    /// Of `take`, which ends it.
    pub(super) fn each_due(
        &mut self,
        mut take: impl FnMut(u64, Due, Bytes) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let actor = self.identity.actor;
        let mut range = KeyRange::prefix(actor.as_bytes(), usize::MAX)
            .ending(Bound::Excluded(&due_end(actor)))
            .limit_bytes(limits::SCHEDULE_SCAN_BYTES);
        loop {
            let page = self.overlay()?.scan(Table::Schedules, &range).map_err(host_fault)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            range = range.starting(Bound::Excluded(last));
            for (key, value) in page {
                if let Some((due_ms, due)) = parse_due(&key) {
                    take(due_ms, due, value)?;
                }
            }
        }
    }

    /// Counts one schedule more, if there may be one.
    pub(super) fn count_in(&mut self) -> Result<(), Fault> {
        let count = match self.agenda.count {
            Some(count) => count,
            None => {
                let mut count = 0;
                self.each_due(|_, _, _| {
                    count += 1;
                    Ok(())
                })?;
                count
            }
        };
        self.agenda.count = Some(count);
        if count >= self.agenda.most {
            return Err(ScheduleError::MaxSchedulesExceeded { maximum: self.agenda.most }.into());
        }
        self.agenda.count = Some(count + 1);
        Ok(())
    }

    /// Counts one schedule less.
    pub(super) fn count_out(&mut self) {
        self.agenda.count = self.agenda.count.map(|count| count.saturating_sub(1));
    }

    /// Checks that the turn may write some rows of so many bytes together.
    pub(super) fn check_rows(&mut self, len_bytes: usize) -> Result<(), ActorError> {
        // A key of each table that may be written to, and one to delete.
        const KEYS_BYTES: usize = 8 * (WriteSet::ROW_BYTES + 64 + limits::SCHEDULE_NAME_BYTES);
        self.check_room(KEYS_BYTES + len_bytes)
    }

    /// Writes the alarm, and when the actor wants to be awake, into the turn that has changed it.
    pub(in crate::iface) fn write_alarm(&mut self) -> wasmtime::Result<()> {
        let (due_before_ms, wake_before_ms) = (self.agenda.due_ms, self.agenda.written_wake_at_ms);
        let due_ms = if std::mem::take(&mut self.agenda.is_changed) {
            let first = self.first_due()?;
            first.and_then(|(key, _)| parse_due(&key)).map(|(due_ms, _)| due_ms)
        } else {
            due_before_ms
        };
        let (actor, wake_ms) = (self.identity.actor, self.agenda.wake_at_ms);
        let Some(overlay) = &mut self.overlay else { return Ok(()) };
        if wake_ms != wake_before_ms {
            let row = actor.as_bytes().to_vec();
            match wake_ms {
                Some(wake_ms) => overlay.put(Table::WakeTimes, row, wake_ms.to_be_bytes().to_vec()),
                None => overlay.delete(Table::WakeTimes, row),
            }
        }
        let first = |due_ms: Option<u64>, wake_ms: Option<u64>| due_ms.into_iter().chain(wake_ms).min();
        let (before_ms, alarm_ms) = (first(due_before_ms, wake_before_ms), first(due_ms, wake_ms));
        if alarm_ms != before_ms {
            if let Some(before_ms) = before_ms {
                overlay.delete(Table::Alarms, alarm_row(before_ms, actor));
            }
            if let Some(alarm_ms) = alarm_ms {
                overlay.put(Table::Alarms, alarm_row(alarm_ms, actor), Vec::new());
            }
        }
        self.agenda.due_ms = due_ms;
        self.agenda.written_wake_at_ms = wake_ms;
        Ok(())
    }
}
