//! Heads of CBOR arrays and maps whose length is known only at their end.

use minicbor::Encoder;

/// Writes one CBOR token. Writing to memory cannot fail.
pub(crate) fn put<'a>(
    out: &'a mut Vec<u8>,
    write: impl FnOnce(
        &mut Encoder<&'a mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>>,
) {
    write(&mut Encoder::new(out)).ok();
}

/// What kind of container a head opens.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Array,
    Map,
}

/// Opens a container and returns where. Without a length, one byte is kept for the head.
pub(crate) fn open(out: &mut Vec<u8>, kind: Kind, len: Option<u64>) -> usize {
    let start = out.len();
    put_head(out, kind, len.unwrap_or(0));
    start
}

/// Sets the length of a container that was opened without one.
pub(crate) fn close(out: &mut Vec<u8>, kind: Kind, start: usize, len: u64) {
    let mut head = Vec::new();
    put_head(&mut head, kind, len);
    match (head.as_slice(), out.get_mut(start)) {
        ([byte], Some(place)) => *place = *byte,
        _ => {
            out.splice(start..=start, head);
        }
    }
}

fn put_head(out: &mut Vec<u8>, kind: Kind, len: u64) {
    put(out, |e| match kind {
        Kind::Array => e.array(len)?.ok(),
        Kind::Map => e.map(len)?.ok(),
    });
}
