//! How a client wants its messages written.

/// One of the encodings that a client may choose (client-protocol.md section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JSON text with compat arrays.
    Json,
    /// One CBOR map per message, values in native form.
    Cbor,
    /// BARE messages of a protocol version, values as CBOR blobs.
    Bare(Version),
}

/// A version of the client protocol; only BARE messages depend on it (client-protocol.md section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// rivetkit before 2.0.
    V1,
    /// `Init` without a connection token.
    V2,
    /// With queues: rivetkit 2.1 and 2.2.
    V3,
    /// With actor specifiers and compat arrays in blobs: rivetkit 2.3.
    V4,
}

impl Encoding {
    /// The encoding that a header (or subprotocol) and the first bytes of a body ask for. A missing or unknown
    /// name means JSON; a body without a version that the host knows means the latest one.
    pub fn of_request(name: Option<&str>, body: &[u8]) -> Self {
        match name {
            Some("bare") => {
                let version = body.first_chunk().and_then(|v| Version::from_number(u16::from_le_bytes(*v)));
                Self::Bare(version.unwrap_or(Version::V4))
            }
            Some("cbor") => Self::Cbor,
            _ => Self::Json,
        }
    }

    /// The content type of bodies in this encoding.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Cbor | Self::Bare(_) => "application/octet-stream",
        }
    }
}

impl Version {
    /// The version with this number.
    pub fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            3 => Some(Self::V3),
            4 => Some(Self::V4),
            _ => None,
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u16 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_decides() {
        let of = Encoding::of_request;
        assert_eq!(of(None, b""), Encoding::Json);
        assert_eq!(of(Some("xml"), b""), Encoding::Json);
        assert_eq!(of(Some("cbor"), b""), Encoding::Cbor);
        assert_eq!(of(Some("bare"), &[3, 0, 9]), Encoding::Bare(Version::V3));
        assert_eq!(of(Some("bare"), &[9, 0]), Encoding::Bare(Version::V4));
        assert_eq!(of(Some("bare"), &[]), Encoding::Bare(Version::V4));
    }
}
