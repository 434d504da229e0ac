//! HTTP requests of actors to the outside.

use std::pin::Pin;

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::Outcome;

/// A request that HTTP allows, within the limits.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// What is to be done.
    pub method: Method,
    /// Where: `http` or `https`, without a user and a password.
    pub url: Url,
    /// The headers that the guest has given.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// How long it may take, from its start to the last byte of the answer, in milliseconds.
    pub timeout_ms: u64,
    /// Bytes that the body of the answer may have.
    pub body_max_bytes: usize,
    /// Redirects that are followed. With 0 a redirect is the answer.
    pub redirects_max: u32,
}

/// A request under way. One that is dropped is given up.
pub type Fetching = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Whoever makes the requests, as far as actors are allowed to.
pub trait Fetcher: Send + Sync {
    /// Makes a request, once the future is polled. It ends with the answer as `wit/fetch.wit` describes it, one CBOR map, or with an error of the
    /// group `fetch`.
    fn fetch(&self, request: FetchRequest) -> Fetching;
}
