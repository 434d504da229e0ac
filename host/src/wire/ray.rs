//! Ray ids: the name of one request, for people who look for it in a log.

use hyper::header::{HeaderName, HeaderValue};

/// The header of every response that names its request (client-protocol.md section 4).
pub(crate) const RAY_ID: HeaderName = HeaderName::from_static("x-rivet-ray-id");

const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
const LEN: usize = 25;

/// The name of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RayId([u8; LEN]);

impl RayId {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut bits: u128 = rand::random();
        Self([(); LEN].map(|()| {
            let digit = (bits & 31) as usize;
            bits >>= 5;
            DIGITS.get(digit).copied().unwrap_or(b'0')
        }))
    }

    /// Its digits.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<RayId> for HeaderValue {
    fn from(ray_id: RayId) -> Self {
        // Digits are always allowed in a header.
        Self::from_bytes(&ray_id.0).unwrap_or_else(|_| Self::from_static("0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ray_ids_differ() {
        let ray_id = RayId::new();
        assert_ne!(ray_id, RayId::new());
        assert_eq!(ray_id.as_str().len(), LEN);
        assert_eq!(HeaderValue::from(ray_id), ray_id.as_str());
    }
}
