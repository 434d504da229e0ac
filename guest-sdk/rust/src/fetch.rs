//! HTTP requests to the outside.

use std::fmt;
use std::time::Duration;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::bindings::component::rivet::actor::fetch::Request;
use crate::host;
use crate::operation::Operation;
use crate::{Error, Result};

/// A request to the outside, for [`crate::Ctx::fetch`]: `Fetch::get("https://api.example.com/")`.
#[derive(Clone, PartialEq)]
pub struct Fetch {
    request: Request,
}

/// The answer to a request to the outside, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Fetched {
    status: u16,
    url: String,
    headers: Vec<(String, Raw)>,
    body: Raw,
}

impl Fetch {
    /// A request with a method as it is to be written, `http` or `https`, at most 8 KiB of URL.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        let (method, url) = (method.into(), url.into());
        let (timeout_ms, max_body_bytes, redirects) = (None, None, None);
        let (headers, body) = (vec![], vec![]);
        Self { request: Request { method, url, headers, body, timeout_ms, max_body_bytes, redirects } }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// A `PUT`.
    pub fn put(url: impl Into<String>) -> Self {
        Self::new("PUT", url)
    }

    /// A `DELETE`.
    pub fn delete(url: impl Into<String>) -> Self {
        Self::new("DELETE", url)
    }

    /// Adds a header. Those of the connection, such as `host` and `content-length`, are the host's to set.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.request.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// The same request with this body, of at most 20 MiB.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = body.into();
        self
    }

    /// The same request with a body in JSON, and a header that says so. Fails when the value's own `Serialize` does.
    pub fn json<T: Serialize>(self, value: &T) -> Result<Self> {
        Ok(self.header("content-type", "application/json").body(serde_json::to_vec(value)?))
    }

    /// It may take this long up to the last byte of the answer, instead of 30 s; 10 min at most.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        let timeout_ms = timeout.as_nanos().div_ceil(1_000_000);
        self.request.timeout_ms = Some(u64::try_from(timeout_ms).unwrap_or(u64::MAX));
        self
    }

    /// The body of the answer may have so many bytes, instead of 20 MiB.
    #[must_use]
    pub fn max_body_bytes(mut self, max_body_bytes: u64) -> Self {
        self.request.max_body_bytes = Some(max_body_bytes);
        self
    }

    /// Follows so many redirects, instead of 20; with 0, a redirect is the answer.
    #[must_use]
    pub fn redirects(mut self, redirects: u32) -> Self {
        self.request.redirects = Some(redirects);
        self
    }

    /// Makes it. It begins at the first poll.
    pub(crate) async fn send(self) -> Result<Fetched> {
        let answer = Operation::new(host::fetch::send(&self.request)?).await?;
        crate::from_cbor(&answer)
    }
}

impl Fetched {
    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is one of success: 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Where the answer comes from: the URL of the last redirect, without what was behind `#`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All headers in their order, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.0.as_slice()))
    }

    /// The first header of this name, in whatever case, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// The body as it was sent: what is compressed stays so.
    pub fn bytes(&self) -> &[u8] {
        &self.body.0
    }

    /// The body, to keep.
    pub fn into_bytes(self) -> Vec<u8> {
        self.body.0
    }

    /// The body as text. Fails with `fetch.invalid_body` when it is no UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(self.bytes()).map_err(|error| self.invalid(&error))
    }

    /// The body as JSON. Fails with `fetch.invalid_body` when it is none, or of another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(self.bytes()).map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, error: &dyn fmt::Display) -> Error {
        Error::new("fetch", "invalid_body", format!("the answer of {}: {error}", self.url))
    }
}

/// Without its headers and its body: they may be secret.
impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetch")
            .field("method", &self.request.method)
            .field("url", &self.request.url)
            .finish_non_exhaustive()
    }
}

/// Bytes, which serde would take for a list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Raw(Vec<u8>);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Bytes)
    }
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Raw, E> {
        Ok(Raw(bytes.to_vec()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Raw, E> {
        Ok(Raw(bytes))
    }
}
