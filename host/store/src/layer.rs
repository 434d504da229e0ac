//! Rows in memory that lie over older ones.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::merge::Row;
use crate::table::PerTable;
use crate::write_set::RowWrite;
use crate::{KeyRange, Table};

/// The newest writes of some commits: one for each key, a delete being a key without a value.
#[derive(Default)]
pub(crate) struct Layer {
    rows: PerTable<BTreeMap<Bytes, Option<Bytes>>>,
    len_bytes: usize,
}

impl Layer {
    /// Lays one write over those before it.
    pub(crate) fn write(&mut self, row: RowWrite) {
        self.len_bytes += row.len_bytes();
        let RowWrite { table, key, value } = row;
        let key_bytes = key.len();
        if let Some(old) = self.rows.get_mut(table).insert(key, value) {
            self.len_bytes -= RowWrite::HEAD_BYTES + key_bytes + old.map_or(0, |value| value.len());
        }
    }

    /// What this layer says of a key: nothing, that it is deleted, or its value.
    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Option<Option<Bytes>> {
        self.rows.get(table).get(key).cloned()
    }

    /// Whether this layer says anything of a key.
    pub(crate) fn has(&self, table: Table, key: &[u8]) -> bool {
        self.rows.get(table).contains_key(key)
    }

    /// The rows of a range, in its direction.
    pub(crate) fn range<'a>(&'a self, table: Table, range: &KeyRange) -> Box<dyn Iterator<Item = Row> + 'a> {
        if range.is_empty() {
            return Box::new(std::iter::empty());
        }
        let own = |(key, value): (&Bytes, &Option<Bytes>)| (key.clone(), value.clone());
        let rows = self.rows.get(table).range::<[u8], _>(range.bounds());
        if range.reverse { Box::new(rows.rev().map(own)) } else { Box::new(rows.map(own)) }
    }

    /// The rows of one table, by key.
    pub(crate) fn table(&self, table: Table) -> &BTreeMap<Bytes, Option<Bytes>> {
        self.rows.get(table)
    }

    /// Takes the rows of one table out; the length is then no longer true.
    pub(crate) fn take_table(&mut self, table: Table) -> BTreeMap<Bytes, Option<Bytes>> {
        std::mem::take(self.rows.get_mut(table))
    }

    /// Keys, values and 9 bytes a row.
    pub(crate) fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len_bytes == 0
    }
}
