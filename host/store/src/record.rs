//! The bytes of the journal.
//!
//! A file is a run of records, one for each commit, their sequence numbers without gaps. A record is:
//! length u32, CRC-32 u32, sequence number u64, rows; the length counts what follows the CRC, and the CRC
//! covers the length and what follows the CRC. A row is: table u8, key length u32, value length u32, key,
//! value; a delete has the value length `u32::MAX` and no value. Numbers are little-endian. Zeros to the
//! end of the file are room for later records.

use bytes::{Buf, Bytes};
use rivet_ground::limits;

use crate::Table;
use crate::write_set::RowWrite;

/// One commit in the journal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    pub(crate) rows: Vec<RowWrite>,
}

/// What stands at a place of a journal file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// A record, and the length of it in bytes.
    Record(Record, usize),
    /// No more records.
    End,
    /// Not a whole record: the write of it was cut off, or it was damaged later.
    Torn(&'static str),
    /// A whole record with contents that this host does not understand.
    Unknown(&'static str),
}

/// Length and CRC.
const HEAD_BYTES: usize = 8;
const SEQ_BYTES: usize = 8;
const DELETED: u32 = u32::MAX;
/// A turn, its generation's row, and room to spare.
const RECORD_BYTES: usize = limits::TURN_WRITE_BYTES + 1024;

const _: () = assert!(RECORD_BYTES < DELETED as usize);

/// Appends a record to a buffer. The rows are at most `limits::TURN_WRITE_BYTES` and one row of the
/// store's own.
pub(crate) fn write(seq: u64, rows: &[RowWrite], out: &mut Vec<u8>) {
    let body_bytes = SEQ_BYTES + rows.iter().map(RowWrite::len_bytes).sum::<usize>();
    let length = (body_bytes as u32).to_le_bytes();
    out.reserve(HEAD_BYTES + body_bytes);
    let start = out.len();
    out.extend_from_slice(&length);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&seq.to_le_bytes());
    for row in rows {
        out.push(row.table.code());
        out.extend_from_slice(&(row.key.len() as u32).to_le_bytes());
        let value_len = row.value.as_ref().map_or(DELETED, |value| value.len() as u32);
        out.extend_from_slice(&value_len.to_le_bytes());
        out.extend_from_slice(&row.key);
        out.extend_from_slice(row.value.as_deref().unwrap_or_default());
    }
    let (_, record) = out.split_at_mut(start);
    let (head, body) = record.split_at_mut(HEAD_BYTES);
    head.split_at_mut(4).1.copy_from_slice(&checksum(&length, body).to_le_bytes());
}

/// Reads what stands at the start of these bytes, which reach to the end of the file.
pub(crate) fn read(bytes: &Bytes) -> Read {
    let mut rest = bytes.clone();
    let Some(length) = take::<4>(&mut rest) else {
        return if bytes.iter().all(|byte| *byte == 0) { Read::End } else { Read::Torn("half a record") };
    };
    let body_bytes = u32::from_le_bytes(length) as usize;
    if body_bytes == 0 && rest.iter().all(|byte| *byte == 0) {
        return Read::End;
    }
    if !(SEQ_BYTES..=RECORD_BYTES).contains(&body_bytes) {
        return Read::Torn("a record of an impossible length");
    }
    let Some(crc) = take::<4>(&mut rest) else { return Read::Torn("half a record") };
    let Some(mut body) = split(&mut rest, body_bytes) else { return Read::Torn("half a record") };
    if checksum(&length, &body) != u32::from_le_bytes(crc) {
        return Read::Torn("a record with a wrong checksum");
    }
    let Some(seq) = take::<8>(&mut body) else { return Read::Torn("half a record") };
    let mut rows = Vec::new();
    while !body.is_empty() {
        match read_row(&mut body) {
            Ok(row) => rows.push(row),
            Err(what) => return Read::Unknown(what),
        }
    }
    Read::Record(Record { seq: u64::from_le_bytes(seq), rows }, HEAD_BYTES + body_bytes)
}

fn read_row(body: &mut Bytes) -> Result<RowWrite, &'static str> {
    const SHORT: &str = "a row that reaches past its record";
    let [code] = take::<1>(body).ok_or(SHORT)?;
    let table = Table::from_code(code).ok_or("a row of an unknown table")?;
    let key_len = u32::from_le_bytes(take::<4>(body).ok_or(SHORT)?);
    let value_len = u32::from_le_bytes(take::<4>(body).ok_or(SHORT)?);
    let key = split(body, key_len as usize).ok_or(SHORT)?;
    let value = match value_len {
        DELETED => None,
        len => Some(split(body, len as usize).ok_or(SHORT)?),
    };
    Ok(RowWrite { table, key, value })
}

fn checksum(length: &[u8; 4], body: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(length);
    crc.update(body);
    crc.finalize()
}

fn take<const N: usize>(bytes: &mut Bytes) -> Option<[u8; N]> {
    let taken = *bytes.first_chunk::<N>()?;
    bytes.advance(N);
    Some(taken)
}

fn split(bytes: &mut Bytes, len: usize) -> Option<Bytes> {
    (len <= bytes.len()).then(|| bytes.split_to(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<RowWrite> {
        let row = |key: &'static str, value: Option<&'static str>| RowWrite {
            table: Table::Kv,
            key: Bytes::from(key),
            value: value.map(Bytes::from),
        };
        vec![row("a", Some("one")), row("", Some("")), row("b", None)]
    }

    fn written() -> Vec<u8> {
        let mut out = b"before".to_vec();
        write(7, &rows(), &mut out);
        out.split_off(6)
    }

    #[test]
    fn a_record_reads_as_it_was_written() {
        let mut bytes = written();
        let len = bytes.len();
        bytes.extend_from_slice(b"after");
        assert_eq!(read(&bytes.into()), Read::Record(Record { seq: 7, rows: rows() }, len));
    }

    #[test]
    fn no_flipped_bit_and_no_missing_byte_goes_unseen() {
        let whole = written();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            assert!(matches!(read(&bytes.into()), Read::Torn(_)), "byte {at}");
            if at > 0 {
                assert!(matches!(read(&Bytes::copy_from_slice(&whole[..at])), Read::Torn(_)), "{at} bytes");
            }
        }
    }

    #[test]
    fn zeros_are_the_end() {
        for zeros in [0, 1, 4, 8, 4096] {
            assert_eq!(read(&vec![0; zeros].into()), Read::End, "{zeros} zeros");
        }
        assert!(matches!(read(&vec![0, 0, 0, 0, 0, 0, 0, 0, 1].into()), Read::Torn(_)));
    }
}
