//! What a crash left in the journal.

use bytes::Bytes;

use crate::disk::Disk;
use crate::layer::Layer;
use crate::record::{self, Read};
use crate::{Seq, StoreError};

/// The commits that are in the journal and not in the database.
pub(crate) struct Replay {
    /// Their rows.
    pub(crate) rows: Layer,
    /// The last of them; the last folded commit, if there are none.
    pub(crate) last_seq: Seq,
    /// All files of the journal, first to last: of no use once the rows are folded.
    pub(crate) files: Vec<String>,
}

/// Reads the journal behind the commit up to which the database is folded. The last write to the newest
/// file may have been cut off by a crash: what is torn there was never reported as done, and is left out.
/// Anything else that is not a record, or a commit that is missing, is [`StoreError::Corrupt`].
pub(crate) fn replay(disk: &dyn Disk, folded_seq: Seq) -> Result<Replay, StoreError> {
    let names = disk.journal().map_err(StoreError::io("list", "journal"))?;
    let mut files: Vec<(Seq, String)> =
        names.into_iter().filter_map(|name| Some((first_seq(&name)?, name))).collect();
    files.sort();
    let mut replay = Replay { rows: Layer::default(), last_seq: folded_seq, files: Vec::new() };
    let mut rest = files.iter().peekable();
    while let Some((_, name)) = rest.next() {
        let next_seq = rest.peek().map(|(seq, _)| *seq);
        // A file that is followed by commit folded_seq + 1 or an earlier one has nothing but folded
        // commits. It is here because a crash, or a failure, came between the fold and its removal.
        if next_seq.is_none_or(|seq| seq > folded_seq.saturating_add(1)) {
            let file = disk.open(name).map_err(StoreError::io("open", name))?;
            let len_bytes = file.len_bytes().map_err(StoreError::io("measure", name))?;
            let mut bytes = vec![0; len_bytes as usize];
            file.read_at(0, &mut bytes).map_err(StoreError::io("read", name))?;
            replay.read_file(name, bytes.into(), next_seq.is_none())?;
        }
    }
    replay.files = files.into_iter().map(|(_, name)| name).collect();
    Ok(replay)
}

impl Replay {
    fn read_file(&mut self, name: &str, mut rest: Bytes, is_newest: bool) -> Result<(), StoreError> {
        let len_bytes = rest.len();
        loop {
            let offset = (len_bytes - rest.len()) as u64;
            let corrupt = |what| Err(StoreError::Corrupt { file: name.to_owned(), offset, what });
            match record::read(&rest) {
                Read::Record(record, _) if record.seq > self.last_seq.saturating_add(1) => {
                    return corrupt("the commits before this one are missing");
                }
                Read::Record(record, record_bytes) => {
                    rest = rest.split_off(record_bytes);
                    if record.seq > self.last_seq {
                        self.last_seq = record.seq;
                        record.rows.into_iter().for_each(|row| self.rows.write(row));
                    }
                }
                Read::End => return Ok(()),
                Read::Torn(what) if is_newest => {
                    tracing::warn!(file = name, offset, what, "cut off the torn end of the journal");
                    return Ok(());
                }
                Read::Torn(what) | Read::Unknown(what) => return corrupt(what),
            }
        }
    }
}

/// The number in the name of a journal file; none for any other file.
fn first_seq(name: &str) -> Option<Seq> {
    name.strip_prefix("journal/")?.strip_suffix(".log")?.parse().ok()
}
