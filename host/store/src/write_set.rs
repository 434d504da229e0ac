//! What one commit writes.

use bytes::Bytes;

use crate::{Claim, Table};

/// The puts and deletes of one commit, in order; perhaps with the claim that they are made under.
///
/// The store keeps keys and values in memory until they are folded. One that is a slice of a larger
/// `Bytes` keeps all of that alive: copy it if it is small and the rest is not.
#[derive(Debug, Default)]
pub struct WriteSet {
    rows: Vec<RowWrite>,
    claim: Option<Claim>,
    len_bytes: usize,
}

/// One put (a value) or delete (none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowWrite {
    pub(crate) table: Table,
    pub(crate) key: Bytes,
    pub(crate) value: Option<Bytes>,
}

impl RowWrite {
    /// What a row costs beside its key and its value: the head of a row in the journal.
    pub(crate) const HEAD_BYTES: usize = 9;

    /// The size of this row in the journal.
    pub(crate) fn len_bytes(&self) -> usize {
        Self::HEAD_BYTES + self.key.len() + self.value.as_ref().map_or(0, Bytes::len)
    }
}

impl WriteSet {
    /// What each row counts beside its key and its value, in bytes.
    pub const ROW_BYTES: usize = RowWrite::HEAD_BYTES;

    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the commit depend on a claim: it is refused with [`crate::CommitError::Fenced`] once the
    /// claim is no longer the actor's current one.
    #[must_use]
    pub fn fenced(mut self, claim: Claim) -> Self {
        self.claim = Some(claim);
        self
    }

    /// Sets the value of a key.
    pub fn put(&mut self, table: Table, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.push(RowWrite { table, key: key.into(), value: Some(value.into()) });
    }

    /// Removes a key; a key that is not there is no error.
    pub fn delete(&mut self, table: Table, key: impl Into<Bytes>) {
        self.push(RowWrite { table, key: key.into(), value: None });
    }

    /// Adds the puts and deletes of another set behind those of this one.
    pub fn append(&mut self, other: WriteSet) {
        self.len_bytes += other.len_bytes;
        self.rows.extend(other.rows);
    }

    /// Keys, values and 9 bytes a row: what `limits::TURN_WRITE_BYTES` bounds.
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// Whether nothing is put or deleted: then the commit is a barrier.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn push(&mut self, row: RowWrite) {
        self.len_bytes += row.len_bytes();
        self.rows.push(row);
    }

    pub(crate) fn claim(&self) -> Option<Claim> {
        self.claim
    }

    pub(crate) fn into_rows(self) -> Vec<RowWrite> {
        self.rows
    }
}
