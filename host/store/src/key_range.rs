//! What a scan asks for.

use std::ops::Bound;

use bytes::Bytes;

/// A range of keys, the direction to read it in, and how much of it to read.
#[derive(Clone, Debug)]
pub struct KeyRange {
    start: Bound<Bytes>,
    end: Bound<Bytes>,
    pub(crate) reverse: bool,
    pub(crate) limit: usize,
    pub(crate) limit_bytes: usize,
}

impl KeyRange {
    /// The keys between two bounds, first to last, at most `limit` of them. A range whose end lies before its
    /// start is empty.
    pub fn new(start: Bound<&[u8]>, end: Bound<&[u8]>, limit: usize) -> Self {
        let own = |bound: Bound<&[u8]>| bound.map(Bytes::copy_from_slice);
        Self { start: own(start), end: own(end), reverse: false, limit, limit_bytes: usize::MAX }
    }

    /// The keys that start with a prefix, first to last, at most `limit` of them.
    pub fn prefix(prefix: &[u8], limit: usize) -> Self {
        // The first key after them: the prefix without its last bytes 255, and the byte before those one
        // higher.
        let kept = prefix.iter().rposition(|byte| *byte < u8::MAX).map_or(0, |at| at + 1);
        let mut after: Vec<u8> = prefix.iter().copied().take(kept).collect();
        let end = match after.last_mut() {
            Some(last) => {
                *last += 1;
                Bound::Excluded(after.as_slice())
            }
            None => Bound::Unbounded,
        };
        Self::new(Bound::Included(prefix), end, limit)
    }

    /// The same range, but from this bound on.
    #[must_use]
    pub fn starting(mut self, start: Bound<&[u8]>) -> Self {
        self.start = start.map(Bytes::copy_from_slice);
        self
    }

    /// The same range, but up to this bound.
    #[must_use]
    pub fn ending(mut self, end: Bound<&[u8]>) -> Self {
        self.end = end.map(Bytes::copy_from_slice);
        self
    }

    /// Reads from the last key to the first, if so.
    #[must_use]
    pub fn reversed(mut self, reverse: bool) -> Self {
        self.reverse = reverse;
        self
    }

    /// The same range, but at most this many keys.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Stops after the first row with which keys and values are more than this many bytes together. So a
    /// result that is over the limit by its last row says that the limit cut it off.
    #[must_use]
    pub fn limit_bytes(mut self, limit_bytes: usize) -> Self {
        self.limit_bytes = limit_bytes;
        self
    }

    pub(crate) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.start.as_ref().map(Bytes::as_ref), self.end.as_ref().map(Bytes::as_ref))
    }

    /// Whether no key can lie in it. Ordered maps panic when asked for such a range.
    pub(crate) fn is_empty(&self) -> bool {
        use Bound::{Excluded, Included};
        match self.bounds() {
            (Included(start), Included(end)) => start > end,
            (Included(start) | Excluded(start), Included(end) | Excluded(end)) => start >= end,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_before_the_next_one() {
        let check = |prefix: &[u8], end: Bound<&[u8]>| {
            assert_eq!(KeyRange::prefix(prefix, 1).bounds(), (Bound::Included(prefix), end));
        };
        check(b"ab", Bound::Excluded(b"ac"));
        check(&[1, 255, 255], Bound::Excluded(&[2]));
        check(&[255, 255], Bound::Unbounded);
        check(b"", Bound::Unbounded);
    }

    #[test]
    fn a_range_that_ends_before_it_starts_is_empty() {
        use Bound::{Excluded, Included, Unbounded};
        let empty = |start, end| KeyRange::new(start, end, 1).is_empty();
        assert!(empty(Included(b"b"), Included(b"a")));
        assert!(empty(Included(b"a"), Excluded(b"a")));
        assert!(empty(Excluded(b"a"), Excluded(b"a")));
        assert!(!empty(Included(b"a"), Included(b"a")));
        assert!(!empty(Unbounded, Excluded(b"a")));
    }
}
