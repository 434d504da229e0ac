//! Ray ids: the name of one request, for people who look for it in a log.

use hyper::header::{HeaderName, HeaderValue};

/// The header of every response that names its request (client-protocol.md section 4).
pub(crate) const RAY_ID: HeaderName = HeaderName::from_static("x-rivet-ray-id");

const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const LEN: usize = 25;

/// A new ray id.
pub(crate) fn ray_id() -> HeaderValue {
    let mut bits: u128 = rand::random();
    let text = [(); LEN].map(|()| {
        let digit = (bits & 31) as usize;
        bits >>= 5;
        DIGITS.get(digit).copied().unwrap_or(b'0')
    });
    // Digits are always allowed in a header.
    HeaderValue::from_bytes(&text).unwrap_or_else(|_| HeaderValue::from_static("0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ray_ids_differ() {
        assert_ne!(ray_id(), ray_id());
        assert_eq!(ray_id().len(), LEN);
    }
}
