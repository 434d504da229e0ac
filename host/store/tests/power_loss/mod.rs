//! A disk in memory whose power fails at a chosen write or sync.

#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed test panics")]

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rivet_store::{Disk, DiskFile};

/// Bytes that a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// The disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct PowerLossDisk {
    machine: Arc<Mutex<Machine>>,
}

#[derive(Default)]
struct Machine {
    files: BTreeMap<String, Stored>,
    /// Writes, syncs, creations and removals so far.
    steps: u64,
    /// The step at which the power fails.
    fails_at: Option<u64>,
    /// The step at which a sync fails, once, with the power on.
    refuses_sync: bool,
    dead: bool,
}

#[derive(Clone, Default)]
struct Stored {
    /// What reads see.
    live: Vec<u8>,
    /// What the last sync left.
    durable: Vec<u8>,
    /// What was done since.
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    SetLen(usize),
}

/// What becomes of the changes that were not synced.
#[derive(Clone, Copy, Debug)]
pub enum Unsynced {
    /// All are lost.
    Lost,
    /// All are kept.
    Kept,
    /// Some are kept, some lost, and of some a part of the sectors is kept.
    Torn,
}

impl PowerLossDisk {
    /// Makes the power fail at a step, counted from now, from 1.
    pub fn fail_at(&self, step: u64) {
        let mut machine = self.machine.lock();
        machine.fails_at = Some(machine.steps + step);
    }

    /// Makes all syncs fail from now on, and nothing else.
    pub fn refuse_syncs(&self) {
        self.machine.lock().refuses_sync = true;
    }

    /// Writes, syncs, creations and removals so far.
    pub fn steps(&self) -> u64 {
        self.machine.lock().steps
    }

    /// The disk as it is found when the power comes back.
    pub fn after_power_loss(&self, unsynced: Unsynced, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let machine = self.machine.lock();
        let revive = |(name, stored): (&String, &Stored)| {
            let left = stored.after_power_loss(unsynced, &mut rng);
            (name.clone(), Stored { live: left.clone(), durable: left, pending: Vec::new() })
        };
        let files = machine.files.iter().map(revive).collect();
        Self { machine: Arc::new(Mutex::new(Machine { files, ..Machine::default() })) }
    }
}

impl Machine {
    fn step(&mut self) -> io::Result<()> {
        self.steps += 1;
        self.dead |= self.fails_at.is_some_and(|step| self.steps >= step);
        self.check()
    }

    fn check(&self) -> io::Result<()> {
        if self.dead { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    fn change(&mut self, name: &str, change: Change) -> io::Result<()> {
        // The change that meets the power loss may reach the disk; one that comes later may not.
        self.check()?;
        let stored = self.files.get_mut(name).unwrap();
        change.apply(&mut stored.live);
        stored.pending.push(change);
        self.step()
    }
}

impl Stored {
    fn after_power_loss(&self, unsynced: Unsynced, rng: &mut StdRng) -> Vec<u8> {
        let mut left = self.durable.clone();
        for change in &self.pending {
            match (unsynced, change) {
                (Unsynced::Lost, _) => {}
                (Unsynced::Kept, change) => change.apply(&mut left),
                (Unsynced::Torn, change) => match rng.random_range(0..3) {
                    0 => {}
                    1 => change.apply(&mut left),
                    _ => change.apply_torn(&mut left, rng),
                },
            }
        }
        left
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Change::SetLen(len) => bytes.resize(*len, 0),
            Change::Write { offset, data } => write(bytes, *offset, data),
        }
    }

    fn apply_torn(&self, bytes: &mut Vec<u8>, rng: &mut StdRng) {
        let Change::Write { offset, data } = self else { return };
        let mut at = 0;
        while at < data.len() {
            let end = data.len().min(at + SECTOR_BYTES - (offset + at) % SECTOR_BYTES);
            if rng.random() {
                write(bytes, offset + at, &data[at..end]);
            }
            at = end;
        }
    }
}

fn write(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}

impl Disk for PowerLossDisk {
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut machine = self.machine.lock();
        machine.check()?;
        if !machine.files.contains_key(name) {
            machine.step()?;
            machine.files.insert(name.to_owned(), Stored::default());
        }
        Ok(Arc::new(PowerLossFile { disk: self.clone(), name: name.to_owned() }))
    }

    fn exists(&self, name: &str) -> io::Result<bool> {
        let machine = self.machine.lock();
        machine.check()?;
        Ok(machine.files.contains_key(name))
    }

    fn journal(&self) -> io::Result<Vec<String>> {
        let machine = self.machine.lock();
        machine.check()?;
        Ok(machine.files.keys().filter(|name| name.starts_with("journal/")).cloned().collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut machine = self.machine.lock();
        machine.step()?;
        machine.files.remove(name);
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut machine = self.machine.lock();
        machine.step()?;
        let stored = machine.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        machine.files.insert(to.to_owned(), stored);
        Ok(())
    }
}

struct PowerLossFile {
    disk: PowerLossDisk,
    name: String,
}

impl std::fmt::Debug for PowerLossFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

impl DiskFile for PowerLossFile {
    fn len_bytes(&self) -> io::Result<u64> {
        let machine = self.disk.machine.lock();
        machine.check()?;
        Ok(machine.files[&self.name].live.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let machine = self.disk.machine.lock();
        machine.check()?;
        let live = &machine.files[&self.name].live;
        let offset = offset as usize;
        let found = live.get(offset..offset + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let change = Change::Write { offset: offset as usize, data: data.to_vec() };
        self.disk.machine.lock().change(&self.name, change)
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        self.disk.machine.lock().change(&self.name, Change::SetLen(len_bytes as usize))
    }

    fn sync(&self) -> io::Result<()> {
        let mut machine = self.disk.machine.lock();
        machine.step()?;
        if machine.refuses_sync {
            return Err(io::Error::other("the disk refuses to sync"));
        }
        let stored = machine.files.get_mut(&self.name).unwrap();
        stored.durable = stored.live.clone();
        stored.pending.clear();
        Ok(())
    }
}
