//! The primitives of BARE (client-protocol.md section 7).

use crate::encoding::Version;
use crate::error::CodecError;

/// Reads one BARE message; never past its end.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// The most bytes that a 64-bit `uint` takes.
const UINT_BYTES: u32 = 10;

impl<'a> Reader<'a> {
    /// Reads the version in front of a message, and the rest is the message.
    pub(crate) fn new(message: &'a [u8]) -> Result<(Version, Self), CodecError> {
        let Some((number, rest)) = message.split_first_chunk() else {
            return Err(CodecError::Bare("it ends before its version"));
        };
        let number = u16::from_le_bytes(*number);
        let version = Version::from_number(number).ok_or(CodecError::Version(number))?;
        Ok((version, Self { rest }))
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) =
            self.rest.split_at_checked(len).ok_or(CodecError::Bare("it ends in the middle of a field"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, CodecError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    pub(crate) fn u64(&mut self) -> Result<u64, CodecError> {
        Ok(self.take(8)?.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
    }

    pub(crate) fn bool(&mut self) -> Result<bool, CodecError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::Bare("a bool is neither 0 nor 1")),
        }
    }

    pub(crate) fn uint(&mut self) -> Result<u64, CodecError> {
        let mut value = 0;
        for place in 0..UINT_BYTES {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * place);
            if shifted >> (7 * place) != bits {
                break;
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(CodecError::Bare("a uint has more than 64 bits"))
    }

    pub(crate) fn data(&mut self) -> Result<&'a [u8], CodecError> {
        let len = self.uint()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    pub(crate) fn str(&mut self) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.data()?).map_err(|_| CodecError::Bare("a str is not UTF-8"))
    }

    pub(crate) fn optional<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Option<T>, CodecError> {
        if self.bool()? { read(self).map(Some) } else { Ok(None) }
    }

    /// Checks that the message is over.
    pub(crate) fn end(self) -> Result<(), CodecError> {
        if self.rest.is_empty() { Ok(()) } else { Err(CodecError::Trailing(self.rest.len())) }
    }
}

/// Starts a message with its version.
pub(crate) fn put_version(out: &mut Vec<u8>, version: Version) {
    out.extend_from_slice(&version.number().to_le_bytes());
}

pub(crate) fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_str(out: &mut Vec<u8>, text: &str) {
    put_uint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn put_optional<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

/// Writes a `data` field of a length that is known only afterwards.
pub(crate) fn put_data<E>(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let start = out.len();
    // Most blobs are under 128 bytes: their length takes the one byte that is kept free here.
    out.push(0);
    write(out)?;
    let len = out.len() - start - 1;
    let mut prefix = Vec::new();
    if len < 0x80 {
        if let Some(byte) = out.get_mut(start) {
            *byte = len as u8;
        }
    } else {
        put_uint(&mut prefix, len as u64);
        out.splice(start..=start, prefix);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uints_round_trip() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut message = vec![4, 0];
            put_uint(&mut message, value);
            let (_, mut reader) = Reader::new(&message).unwrap();
            assert_eq!(reader.uint().unwrap(), value);
            reader.end().unwrap();
        }
    }

    #[test]
    fn a_uint_over_64_bits_is_refused() {
        let mut message = vec![4, 0];
        message.extend([0xff; 9]);
        message.push(2);
        let (_, mut reader) = Reader::new(&message).unwrap();
        assert!(reader.uint().is_err());
    }

    #[test]
    fn a_length_past_the_end_is_refused() {
        let (_, mut reader) = Reader::new(&[4, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1]).unwrap();
        assert!(reader.data().is_err());
    }

    #[test]
    fn data_of_any_length_gets_its_length_in_front() {
        for len in [0, 127, 128, 20_000] {
            let mut message = vec![4, 0];
            put_data::<CodecError>(&mut message, |out| {
                out.extend(vec![7; len]);
                Ok(())
            })
            .unwrap();
            let (_, mut reader) = Reader::new(&message).unwrap();
            assert_eq!(reader.data().unwrap(), vec![7; len]);
            reader.end().unwrap();
        }
    }
}
