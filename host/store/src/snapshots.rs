//! The memory of sleeping actors.
//!
//! A snapshot is the bytes that the actor's last instance left, cut into rows. The first row begins with the generation
//! of that instance (u64), the length of the bytes (u64) and a CRC-32 of both and of the bytes (u32), little-endian. It
//! is good as long as no later generation has committed anything: whoever wakes from it writes first, and so ends it.

use bytes::{Buf, Bytes};
use rivet_ground::{ActorId, limits};

use crate::{KeyRange, Store, StoreError, Table, WriteSet};

/// The snapshots of a store. Cloning is cheap.
#[derive(Clone)]
pub struct Snapshots {
    store: Store,
}

/// A snapshot as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSnapshot {
    /// The generation of the instance that it was taken of.
    pub generation: u64,
    /// What the instance left.
    pub bytes: Bytes,
}

const HEAD_BYTES: usize = 20;

impl Snapshots {
    /// The snapshots of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The snapshot of an actor, if there is one.
    ///
    /// # Errors
    /// [`StoreError::DamagedSnapshot`], or the store cannot be read.
    pub fn load(&self, actor: ActorId) -> Result<Option<StoredSnapshot>, StoreError> {
        const DAMAGED: fn(&'static str) -> StoreError = |what| StoreError::DamagedSnapshot { what };
        let Some(first) = self.store.get(Table::Snapshots, &key(actor, 0))? else { return Ok(None) };
        let head = first.first_chunk::<HEAD_BYTES>().ok_or(DAMAGED("its head is cut off"))?;
        let (mut numbers, mut bytes) = (&head[..], first.slice(HEAD_BYTES..));
        let (generation, length, crc) = (numbers.get_u64_le(), numbers.get_u64_le(), numbers.get_u32_le());
        if length > bytes.len() as u64 {
            // No more than it has: behind it there may be rows of one that was not written to its end.
            let missing = length.min(limits::IMAGE_BYTES as u64) as usize - bytes.len();
            let rest = KeyRange::prefix(actor.as_bytes(), missing.div_ceil(limits::SNAPSHOT_ROW_BYTES))
                .starting(std::ops::Bound::Included(&key(actor, 1)));
            let mut whole = bytes.to_vec();
            for (_, piece) in self.store.scan(Table::Snapshots, &rest)? {
                whole.extend_from_slice(&piece);
            }
            bytes = whole.into();
        }
        if bytes.len() as u64 != length {
            return Err(DAMAGED("it has not the length that its head says"));
        }
        if checksum(generation, &bytes) != crc {
            return Err(DAMAGED("its checksum is wrong"));
        }
        Ok(Some(StoredSnapshot { generation, bytes }))
    }

    /// The writes that keep a snapshot, to be committed one after the other: more than one for one that is large. It is
    /// there with the last of them, under a claim of its own generation.
    pub fn writes(actor: ActorId, snapshot: &StoredSnapshot) -> Vec<WriteSet> {
        let StoredSnapshot { generation, bytes } = snapshot;
        let (first, rest) = bytes.split_at(bytes.len().min(limits::SNAPSHOT_ROW_BYTES));
        let mut out = Vec::new();
        let mut writes = WriteSet::new();
        for (number, piece) in (1u32..).zip(rest.chunks(limits::SNAPSHOT_ROW_BYTES)) {
            if writes.len_bytes() + piece.len() > limits::COPY_BYTES {
                out.push(std::mem::take(&mut writes));
            }
            writes.put(Table::Snapshots, key(actor, number), piece.to_vec());
        }
        let mut row = Vec::with_capacity(HEAD_BYTES + first.len());
        row.extend_from_slice(&generation.to_le_bytes());
        row.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        row.extend_from_slice(&checksum(*generation, bytes).to_le_bytes());
        row.extend_from_slice(first);
        writes.put(Table::Snapshots, key(actor, 0), row);
        out.push(writes);
        out
    }

    /// Removes a snapshot.
    pub fn delete(writes: &mut WriteSet, actor: ActorId, snapshot: &StoredSnapshot) {
        for number in 0..snapshot.bytes.len().div_ceil(limits::SNAPSHOT_ROW_BYTES).max(1) as u32 {
            writes.delete(Table::Snapshots, key(actor, number));
        }
    }

    /// Removes a snapshot that is damaged. What is left of a very large one is swept away with the actor.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn delete_damaged(&self, writes: &mut WriteSet, actor: ActorId) -> Result<(), StoreError> {
        let range = KeyRange::prefix(actor.as_bytes(), usize::MAX).limit_bytes(limits::COPY_BYTES);
        for (key, _) in self.store.scan(Table::Snapshots, &range)? {
            writes.delete(Table::Snapshots, key);
        }
        Ok(())
    }
}

fn key(actor: ActorId, piece: u32) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &piece.to_be_bytes()].concat()
}

fn checksum(generation: u64, bytes: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&generation.to_le_bytes());
    crc.update(&(bytes.len() as u64).to_le_bytes());
    crc.update(bytes);
    crc.finalize()
}
