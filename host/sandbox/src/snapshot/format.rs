//! An image as bytes.
//!
//! `length of the head (u32), head (CBOR), length of the contents (u32), contents (LZ4 block)`, numbers little-endian.
//! Whoever keeps the bytes guards them with a checksum; a head that cannot be read is an error all the same.

use std::collections::BTreeMap;
use std::time::Duration;

use rivet_ground::limits;
use serde::{Deserialize, Serialize};

use crate::iface::Suspended;
use crate::snapshot::HandleKind;
use crate::snapshot::PAGE_BYTES;
use crate::snapshot::pages::{Changes, PageRun};

/// The memory of an instance between two turns, and what the host knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub(super) head: Head,
    /// The changed pages of all memories, each as its difference from the base.
    pub(super) contents: Vec<u8>,
}

/// Bytes that are no image.
#[derive(Debug, thiserror::Error)]
#[error("these bytes are no image: {0}")]
pub struct DamagedImage(&'static str);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Of the component: it has the base.
    pub(super) digest: [u8; 32],
    /// The version of the instrumentation, which numbers memories and globals.
    pub(super) instrument: u32,
    #[serde(with = "changes")]
    pub(super) memories: Vec<Changes>,
    pub(super) globals: Vec<u64>,
    pub(super) handles: BTreeMap<u32, HandleKind>,
    /// What was written to stdout and stderr behind the last end of a line.
    pub(super) lines: [Vec<u8>; 2],
    /// What the guest's monotonic clock said, and the wall clock beside it.
    pub(super) monotonic: Duration,
    pub(super) time_ms: u64,
    pub(super) suspended: Suspended,
}

impl Image {
    /// The image as bytes, compressed. Takes about a millisecond for each megabyte that has changed.
    pub fn encode(&self) -> Vec<u8> {
        // Numbers and bytes always encode.
        let head = serde_cbor::to_vec(&self.head).unwrap_or_default();
        let mut out = Vec::with_capacity(head.len() + 1024);
        out.extend_from_slice(&(head.len() as u32).to_le_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(&(self.contents.len() as u32).to_le_bytes());
        out.extend_from_slice(&lz4_flex::block::compress(&self.contents));
        out
    }

    /// The image of these bytes.
    ///
    /// # Errors
    /// They are none.
    pub fn decode(bytes: &[u8]) -> Result<Self, DamagedImage> {
        let (head, rest) = prefixed(bytes).ok_or(DamagedImage("it is cut off"))?;
        let head: Head = serde_cbor::from_slice(head).map_err(|_| DamagedImage("its head cannot be read"))?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(DamagedImage("it is cut off"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let pages: usize =
            head.memories.iter().flat_map(|memory| &memory.runs).map(|run| run.1 as usize).sum();
        if !head.memories.iter().all(Changes::is_sound) {
            return Err(DamagedImage("its pages are not in their order, or not in its memory"));
        }
        if length > limits::IMAGE_BYTES || pages.checked_mul(PAGE_BYTES) != Some(length) {
            return Err(DamagedImage("its contents have another length than its head says"));
        }
        let contents = lz4_flex::block::decompress(rest, length)
            .map_err(|_| DamagedImage("its contents cannot be decompressed"))?;
        if contents.len() != length {
            return Err(DamagedImage("its contents are cut off"));
        }
        Ok(Self { head, contents })
    }

    /// Bytes of memory that the image holds.
    pub fn contents_bytes(&self) -> usize {
        self.contents.len()
    }

    /// What the guest waits for.
    pub fn suspended(&self) -> &Suspended {
        &self.head.suspended
    }

    /// The same, to change.
    pub fn suspended_mut(&mut self) -> &mut Suspended {
        &mut self.head.suspended
    }
}

fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

/// Changes as plain numbers.
mod changes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Changes, PageRun};

    pub(super) fn serialize<S: Serializer>(memories: &[Changes], to: S) -> Result<S::Ok, S::Error> {
        let rows: Vec<(u32, &[PageRun])> =
            memories.iter().map(|memory| (memory.wasm_pages, memory.runs.as_slice())).collect();
        rows.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Changes>, D::Error> {
        let rows = Vec::<(u32, Vec<PageRun>)>::deserialize(from)?;
        Ok(rows.into_iter().map(|(wasm_pages, runs)| Changes { wasm_pages, runs }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let memories = vec![Changes { wasm_pages: 17, runs: vec![(3, 2), (9, 1)] }];
        let handles = BTreeMap::from([(1, HandleKind::Stdout), (2, HandleKind::ReadyOf(1))]);
        let head = Head {
            digest: [7; 32],
            instrument: 1,
            memories,
            globals: vec![1, u64::MAX],
            handles,
            lines: [b"half a line".to_vec(), vec![]],
            monotonic: Duration::from_nanos(123),
            time_ms: 5,
            suspended: Suspended::default(),
        };
        Image { head, contents: (0..3 * PAGE_BYTES).map(|n| (n % 251) as u8).collect() }
    }

    #[test]
    fn an_image_reads_as_it_was_written() {
        assert_eq!(Image::decode(&image().encode()).unwrap(), image());
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let bytes = image().encode();
        for len in [0, 3, 4, 20, bytes.len() - 1] {
            assert!(Image::decode(&bytes[..len]).is_err(), "{len}");
        }
        let mut longer = image();
        longer.head.memories[0].runs.push((20, 1));
        assert!(Image::decode(&longer.encode()).is_err());
        for runs in [vec![(9, 1), (3, 2)], vec![(3, 2), (4, 1)], vec![(17 * 16 - 2, 3)], vec![(u32::MAX, 3)]]
        {
            let mut unsound = image();
            unsound.head.memories[0].runs = runs.clone();
            assert!(Image::decode(&unsound.encode()).is_err(), "{runs:?}");
        }
    }
}
