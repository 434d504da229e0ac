//! Remembers as many bytes as it is told to, with nothing in them that could be compressed away.

use std::cell::RefCell;

use rivet_guest::actor;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Heap {
    #[serde(skip)]
    bytes: RefCell<Vec<u8>>,
}

/// Bytes of a MiB.
const MIB: usize = 1 << 20;

#[actor]
impl Heap {
    /// Fills so many MiB, and says what they sum up to.
    pub fn fill(&self, mib: usize) -> u64 {
        let mut seed = 1u64;
        let noise = std::iter::repeat_with(|| {
            // The generator of Marsaglia, "Xorshift RNGs" (2003).
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed.to_le_bytes()
        });
        *self.bytes.borrow_mut() = noise.take(mib * MIB / 8).flatten().collect();
        self.checksum()
    }

    /// A sum that depends on every byte and on its place, of every thousandth byte.
    pub fn checksum(&self) -> u64 {
        let bytes = self.bytes.borrow();
        let sum = |sum: u64, byte: &u8| sum.wrapping_mul(31).wrapping_add(u64::from(*byte));
        bytes.iter().step_by(997).fold(bytes.len() as u64, sum) >> 12
    }
}
