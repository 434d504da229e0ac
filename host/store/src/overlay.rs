//! The reads and writes of one turn.

use bytes::Bytes;

use crate::layer::Layer;
use crate::write_set::RowWrite;
use crate::{KeyRange, Store, StoreError, Table, WriteSet};

/// One turn of one actor: its writes, and reads through them to the store. The store sees nothing of it
/// before [`Overlay::take`] is committed.
pub struct Overlay {
    store: Store,
    turn: Layer,
}

impl Overlay {
    /// An overlay without writes.
    pub fn new(store: Store) -> Self {
        Self { store, turn: Layer::default() }
    }

    /// The value of a key: what this turn wrote, or else what the store has.
    pub fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StoreError> {
        match self.turn.get(table, key) {
            Some(written) => Ok(written),
            None => self.store.get(table, key),
        }
    }

    /// The rows of a range: those that this turn wrote over those of the store.
    pub fn scan(&self, table: Table, range: &KeyRange) -> Result<Vec<(Bytes, Bytes)>, StoreError> {
        self.store.scan_under(Some(&self.turn), table, range)
    }

    /// Sets the value of a key. See [`WriteSet`] on slices of larger buffers.
    pub fn put(&mut self, table: Table, key: impl Into<Bytes>, value: impl Into<Bytes>) {
        self.turn.write(RowWrite { table, key: key.into(), value: Some(value.into()) });
    }

    /// Removes a key; a key that is not there is no error.
    pub fn delete(&mut self, table: Table, key: impl Into<Bytes>) {
        self.turn.write(RowWrite { table, key: key.into(), value: None });
    }

    /// The size of the writes as [`WriteSet::len_bytes`] will count them. The store refuses a commit of
    /// more than `limits::TURN_WRITE_BYTES`.
    pub fn len_bytes(&self) -> usize {
        self.turn.len_bytes()
    }

    /// Whether the turn wrote nothing.
    pub fn is_empty(&self) -> bool {
        self.turn.is_empty()
    }

    /// Whether the turn has put or deleted a key.
    pub(crate) fn has_written(&self, table: Table, key: &[u8]) -> bool {
        self.turn.has(table, key)
    }

    /// Moves the overlay out; what is left in its place is empty, and on the same store.
    pub(crate) fn lend(&mut self) -> Self {
        let empty = Self::new(self.store.clone());
        std::mem::replace(self, empty)
    }

    /// The writes, to commit; the overlay is then empty. A key that was written twice is in them once.
    pub fn take(&mut self) -> WriteSet {
        let mut turn = std::mem::take(&mut self.turn);
        let mut writes = WriteSet::new();
        for table in Table::ALL {
            for (key, value) in turn.take_table(table) {
                writes.push(RowWrite { table, key, value });
            }
        }
        writes
    }

    /// Drops the writes: the turn trapped.
    pub fn clear(&mut self) {
        self.turn = Layer::default();
    }
}
