//! The id of an actor.

use std::fmt;
use std::str::FromStr;

/// The id of an actor: 128 bits, unique over all actors and never reused. The first 48 bits are the
/// creation time in milliseconds, so that actors created together lie together in the store.
///
/// As text: 25 lowercase base-36 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId([u8; 16]);

/// A text that is no actor id.
#[derive(Debug, thiserror::Error)]
#[error("not an actor id: an id is {TEXT_LEN} lowercase base-36 digits")]
pub struct ParseActorIdError;

const TEXT_LEN: usize = 25;
/// Digits whose number fits 64 bits.
const CHUNK_LEN: usize = 12;
const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl ActorId {
    /// Makes an id from the creation time and 80 random bits.
    pub fn new(created_ms: u64, random: [u8; 10]) -> Self {
        let mut id = [0; 16];
        let (time, rest) = id.split_at_mut(6);
        time.copy_from_slice(created_ms.to_be_bytes().split_at(2).1);
        rest.copy_from_slice(&random);
        Self(id)
    }

    /// The id as it is stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The id that is stored as these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Answers carry ids, and dividing 128 bits by 36 is slow: divide them into three numbers of 64 bits first.
        const CHUNK: u128 = 36u128.pow(CHUNK_LEN as u32);
        let n = u128::from_be_bytes(self.0);
        let chunks = [n % CHUNK, n / CHUNK % CHUNK, n / CHUNK / CHUNK];
        let mut text = [b'0'; TEXT_LEN];
        for (places, chunk) in text.rchunks_mut(CHUNK_LEN).zip(chunks) {
            let mut rest = chunk as u64;
            for place in places.iter_mut().rev() {
                *place = DIGITS.get((rest % 36) as usize).copied().unwrap_or(b'0');
                rest /= 36;
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ActorId {
    type Err = ParseActorIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != TEXT_LEN || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseActorIdError);
        }
        text.chars()
            .try_fold(0u128, |n, c| n.checked_mul(36)?.checked_add(u128::from(c.to_digit(36)?)))
            .map(|n| Self(n.to_be_bytes()))
            .ok_or(ParseActorIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        for id in [ActorId::new(0, [0; 10]), ActorId::new(1_795_332_150_277, [7; 10]), ActorId([255; 16])] {
            let text = id.to_string();
            assert_eq!(text.len(), TEXT_LEN);
            assert_eq!(text.parse::<ActorId>().unwrap(), id);
        }
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in
            ["", "abc", "zzzzzzzzzzzzzzzzzzzzzzzzz", "A000000000000000000000000", "é00000000000000000000000"]
        {
            assert!(text.parse::<ActorId>().is_err(), "{text}");
        }
    }

    #[test]
    fn ids_sort_by_creation_time() {
        assert!(ActorId::new(1, [255; 10]) < ActorId::new(2, [0; 10]));
    }
}
