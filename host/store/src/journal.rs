//! The journal's files, as the ledger writes them.

use std::io;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};

/// Appends to the newest file of the journal. The file is made by the first append after a start or a
/// rotation.
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    /// Whether files are filled with zeros ahead of the records. A sync of a file that neither grows nor
    /// gets new blocks needs no commit of the file system: measured on ext4, 1.6 times the syncs a
    /// second.
    fill: bool,
    current: Option<Current>,
}

struct Current {
    name: String,
    file: Arc<dyn DiskFile>,
    /// Bytes of records.
    len_bytes: u64,
    /// Bytes of records and of the zeros after them.
    filled_bytes: u64,
}

/// Zeros that are written at a time, at least and at most. They double from one to the other, so that a store
/// which seldom commits writes few.
const FILL_LEAST_BYTES: u64 = 64 << 10;
const FILL_MOST_BYTES: u64 = 1 << 20;

impl Journal {
    pub(crate) fn new(disk: Arc<dyn Disk>, fill: bool) -> Self {
        Self { disk, fill, current: None }
    }

    /// Writes records behind those before them; the first of them is `first_seq`.
    pub(crate) fn append(&mut self, first_seq: u64, records: &[u8]) -> io::Result<()> {
        let current = match &mut self.current {
            Some(current) => current,
            none => {
                let name = format!("journal/{first_seq:020}.log");
                let file = self.disk.open(&name)?;
                none.insert(Current { name, file, len_bytes: 0, filled_bytes: 0 })
            }
        };
        current.file.write_at(current.len_bytes, records)?;
        current.len_bytes += records.len() as u64;
        if current.len_bytes > current.filled_bytes && self.fill {
            let zeros = current.filled_bytes.clamp(FILL_LEAST_BYTES, FILL_MOST_BYTES);
            current.file.write_at(current.len_bytes, &vec![0; zeros as usize])?;
            current.filled_bytes = current.len_bytes + zeros;
        }
        Ok(())
    }

    /// Makes what was appended durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.current.as_ref().map_or(Ok(()), |current| current.file.sync())
    }

    /// Ends the newest file, with all of it durable. Returns its name, if anything was appended since the
    /// last time.
    pub(crate) fn rotate(&mut self) -> io::Result<Option<String>> {
        let Some(current) = self.current.take() else { return Ok(None) };
        current.file.sync()?;
        Ok(Some(current.name))
    }
}
