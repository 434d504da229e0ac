//! Counts of what actors do, for metrics.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::actor::bedtime::Bedtime;

/// Counts since the host started.
#[derive(Default)]
pub(super) struct Tally {
    sleeps: [AtomicU64; Bedtime::ALL.len()],
    starts: [AtomicU64; Origin::ALL.len()],
    without_memory: AtomicU64,
    snapshot_bytes: AtomicU64,
}

/// What an instance began from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nothing: the actor is new.
    Created,
    /// The durable data of the actor.
    Cold,
    /// The memory of the actor.
    Snapshot,
}

/// The counts at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often actors went to sleep, by the reason.
    pub sleeps: Vec<(&'static str, u64)>,
    /// How often instances started, by what they began from.
    pub starts: Vec<(&'static str, u64)>,
    /// How often an actor slept without its memory being kept.
    pub sleeps_without_memory: u64,
    /// Bytes of the snapshots that were written.
    pub snapshot_bytes: u64,
}

impl Origin {
    const ALL: [Self; 3] = [Self::Created, Self::Cold, Self::Snapshot];

    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Cold => "cold",
            Self::Snapshot => "snapshot",
        }
    }
}

impl Tally {
    pub(super) fn slept(&self, bedtime: Bedtime) {
        add(&self.sleeps, bedtime as usize, 1);
    }

    pub(super) fn started(&self, origin: Origin) {
        add(&self.starts, origin as usize, 1);
    }

    /// The memory of an actor that fell asleep was kept, in so many bytes, or not.
    pub(super) fn kept(&self, len_bytes: Option<usize>) {
        match len_bytes {
            Some(len_bytes) => drop(self.snapshot_bytes.fetch_add(len_bytes as u64, Relaxed)),
            None => drop(self.without_memory.fetch_add(1, Relaxed)),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        let sleeps =
            Bedtime::ALL.iter().zip(&self.sleeps).map(|(bedtime, n)| (bedtime.name(), n.load(Relaxed)));
        let starts = Origin::ALL.iter().zip(&self.starts).map(|(origin, n)| (origin.name(), n.load(Relaxed)));
        Counts {
            sleeps: sleeps.collect(),
            starts: starts.collect(),
            sleeps_without_memory: self.without_memory.load(Relaxed),
            snapshot_bytes: self.snapshot_bytes.load(Relaxed),
        }
    }
}

fn add(counts: &[AtomicU64], at: usize, more: u64) {
    if let Some(count) = counts.get(at) {
        count.fetch_add(more, Relaxed);
    }
}
