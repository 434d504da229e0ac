//! Reading one ordered set of rows over another.

use std::cmp::Ordering;
use std::iter::Peekable;

use bytes::Bytes;

use crate::KeyRange;

/// A key with its value, or with none if it was deleted.
pub(crate) type Row = (Bytes, Option<Bytes>);

/// The rows of `upper` over those of `lower`, both in the direction of a scan: of two rows with one key,
/// the upper.
pub(crate) struct Merge<U: Iterator<Item = Row>, L: Iterator<Item = Row>> {
    upper: Peekable<U>,
    lower: Peekable<L>,
    reverse: bool,
}

impl<U: Iterator<Item = Row>, L: Iterator<Item = Row>> Merge<U, L> {
    pub(crate) fn new(upper: U, lower: L, reverse: bool) -> Self {
        Self { upper: upper.peekable(), lower: lower.peekable(), reverse }
    }
}

impl<U: Iterator<Item = Row>, L: Iterator<Item = Row>> Iterator for Merge<U, L> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let order = match (self.upper.peek(), self.lower.peek()) {
            (Some(upper), Some(lower)) if self.reverse => lower.0.cmp(&upper.0),
            (Some(upper), Some(lower)) => upper.0.cmp(&lower.0),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => self.upper.next(),
            Ordering::Greater => self.lower.next(),
            Ordering::Equal => {
                self.lower.next();
                self.upper.next()
            }
        }
    }
}

/// Counts rows with a value against the limits of a scan.
pub(crate) struct Budget {
    rows: usize,
    bytes: usize,
    over: bool,
}

impl Budget {
    pub(crate) fn new(range: &KeyRange) -> Self {
        Self { rows: range.limit, bytes: range.limit_bytes, over: range.limit == 0 }
    }

    /// Whether no more rows are wanted.
    pub(crate) fn is_spent(&self) -> bool {
        self.over
    }

    /// Takes one row into account.
    pub(crate) fn spend(&mut self, key: &Bytes, value: &Bytes) {
        let left = self.bytes.checked_sub(key.len() + value.len());
        self.bytes = left.unwrap_or(0);
        self.rows = self.rows.saturating_sub(1);
        self.over = left.is_none() || self.rows == 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: &[(&'static str, Option<&'static str>)]) -> Vec<Row> {
        of.iter().map(|(key, value)| (Bytes::from(*key), value.map(Bytes::from))).collect()
    }

    #[test]
    fn the_upper_row_wins() {
        let upper = rows(&[("b", None), ("c", Some("C"))]);
        let lower = rows(&[("a", Some("1")), ("b", Some("2")), ("d", Some("4"))]);
        let both = rows(&[("a", Some("1")), ("b", None), ("c", Some("C")), ("d", Some("4"))]);
        let merged: Vec<Row> =
            Merge::new(upper.clone().into_iter(), lower.clone().into_iter(), false).collect();
        assert_eq!(merged, both);
        let merged: Vec<Row> = Merge::new(upper.into_iter().rev(), lower.into_iter().rev(), true).collect();
        assert!(merged.into_iter().eq(both.into_iter().rev()));
    }
}
