//! An answer as the guest gets it.

use http::HeaderMap;
use rivet_ground::ActorError;
use serde::{Serialize, Serializer};
use url::Url;

use crate::egress::exchange::Response;
use crate::egress::failure;

/// The CBOR map of `wit/fetch.wit`.
pub(super) fn encode(url: &Url, response: &Response) -> Result<Vec<u8>, ActorError> {
    let answer = Answer {
        status: response.status.as_u16(),
        url: url.as_str(),
        headers: pairs(&response.headers),
        body: Raw(&response.body),
    };
    serde_cbor::to_vec(&answer).map_err(|error| failure("failed", error.to_string()))
}

#[derive(Serialize)]
struct Answer<'a> {
    status: u16,
    url: &'a str,
    headers: Vec<(&'a str, Raw<'a>)>,
    body: Raw<'a>,
}

fn pairs(headers: &HeaderMap) -> Vec<(&str, Raw<'_>)> {
    headers.iter().map(|(name, value)| (name.as_str(), Raw(value.as_bytes()))).collect()
}

/// Bytes, which serde would take for a list of numbers.
struct Raw<'a>(&'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}
