//! Why bytes could not be read or written.

use rivet_ground::limits;

/// Bytes that are not what they should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Not well-formed CBOR, or not of the kind that is expected there.
    #[error("not the CBOR that is expected: {0}")]
    Cbor(#[from] minicbor::decode::Error),
    /// Not JSON.
    #[error("not the JSON that is expected: {0}")]
    Json(#[from] serde_json::Error),
    /// Not the BARE structure of the message.
    #[error("not the BARE message that is expected: {0}")]
    Bare(&'static str),
    /// A protocol version that the host does not speak, or one without this message.
    #[error("client protocol version {0} does not have this message: use a version from 1 to 4")]
    Version(u16),
    /// The value nests too deep.
    #[error("the value nests deeper than {} levels: flatten it", limits::VALUE_DEPTH)]
    TooDeep,
    /// Bytes after the value.
    #[error("{0} bytes follow the value: send one value only")]
    Trailing(usize),
    /// A compat array with a tag that nobody knows.
    #[error("unknown compat tag {0:?}: write an array that starts with a `$` text with one more `$`")]
    UnknownTag(String),
    /// A compat array whose second element does not fit the first.
    #[error("the compat array {0:?} does not hold what its tag promises")]
    BrokenTag(String),
    /// An integer past what the host carries.
    #[error("a BigInt has more than {limit} {unit}: send it as text")]
    BigInt {
        /// The limit.
        limit: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A simple value that has no meaning in JavaScript.
    #[error("the CBOR simple value {0} has no meaning here: use false, true, null or undefined")]
    Simple(u8),
    /// A map key that JSON cannot carry.
    #[error("a map key is neither text nor an integer, so the map cannot be written as JSON")]
    Key,
    /// A message without one of its fields, or with a field of the wrong type.
    #[error("the field `{0}` is missing or of the wrong type")]
    Field(&'static str),
}
