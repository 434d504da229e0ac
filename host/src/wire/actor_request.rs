//! The head of a request for an actor.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Uri;
use hyper::header::{HeaderName, HeaderValue, USER_AGENT};
use hyper::http::request::Parts;
use rivet_codec::{Client, Encoding, Format};
use rivet_ground::RequestHead;

use crate::gateway::Caller;
use crate::wire::query;
use crate::wire::ray::{RAY_ID, RayId};

const ENCODING: HeaderName = HeaderName::from_static("x-rivet-encoding");
/// Where the client's `Request` was for, which it had to redirect (client-protocol.md section 5).
const ORIGINAL_URL: HeaderName = HeaderName::from_static("x-rivet-internal-original-request-url");

/// The head of a request for an actor.
pub(crate) struct ActorRequest {
    /// As it came.
    pub(crate) head: Parts,
    /// The name of the request in the log.
    ray_id: RayId,
    base_bytes: usize,
}

impl ActorRequest {
    /// A request whose path has so many bytes before those that count.
    pub(crate) fn new(head: Parts, base_bytes: usize, ray_id: RayId) -> Self {
        Self { head, ray_id, base_bytes }
    }

    /// The path without the base path.
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path().get(self.base_bytes..).unwrap_or_default()
    }

    /// The query.
    pub(crate) fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    fn header(&self, name: HeaderName) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// Who sent it.
    pub(crate) fn client(&self) -> Client {
        Client::of_user_agent(self.header(USER_AGENT))
    }

    /// How to write the answer, given the body of the request.
    pub(crate) fn format(&self, body: &[u8]) -> Format {
        Format { encoding: Encoding::of_request(self.header(ENCODING), body), client: self.client() }
    }

    /// The format of an error for which no body was read. Without one a client of BARE has not said which version it
    /// reads, but all of them take an error in JSON (client-protocol.md section 5).
    pub(crate) fn format_without_body(&self) -> Format {
        match self.format(&[]) {
            Format { encoding: Encoding::Bare(_), client } => Format { encoding: Encoding::Json, client },
            format => format,
        }
    }

    /// Who calls, for an actor that wants to know: with these parameters, at the last `path_bytes` of the path.
    pub(crate) fn into_caller(self, params: Bytes, path_bytes: usize) -> Caller {
        let head = Arc::new(move || {
            let path = self.head.uri.path();
            self.seen_at(path.get(path.len().saturating_sub(path_bytes)..).unwrap_or_default())
        });
        Caller { params, head, origin: None }
    }

    /// The head as the actor sees it: at this path, with the query that is the user's.
    pub(crate) fn seen_at(&self, path: &str) -> RequestHead {
        let path = if path.is_empty() { "/" } else { path };
        let path = match query::of_user(self.head.uri.query()) {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        let headers = self.head.headers.iter().filter(|(name, _)| *name != RAY_ID);
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        headers.push((RAY_ID.as_str().to_owned(), self.ray_id.as_str().to_owned()));
        RequestHead { method: self.head.method.as_str().to_owned(), path, headers }
    }

    /// The head of a raw request as the actor sees it: where the client meant to send it.
    pub(crate) fn seen_raw_at(&self, path: &str) -> RequestHead {
        let mut head = self.seen_at(path);
        let original = self.header(ORIGINAL_URL).and_then(|url| url.parse::<Uri>().ok());
        if let Some(place) = original.as_ref().and_then(Uri::path_and_query) {
            head.path = place.as_str().to_owned();
        }
        head.headers.retain(|(name, _)| name != ORIGINAL_URL.as_str());
        head
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn request(url: &str, headers: &[(&str, &str)]) -> ActorRequest {
        let mut request = Request::get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        ActorRequest::new(head, 0, RayId::new())
    }

    #[test]
    fn actors_see_their_own_path_and_the_query_of_the_user() {
        let url = "http://h/gateway/a/request/sub/p%20q?x=1&rvt-namespace=n&y=%20z&rvt-method=get";
        let request = request(url, &[("X-Foo", "b"), ("x-rivet-ray-id", "old")]);
        let head = request.seen_at("/sub/p%20q");
        assert_eq!((head.method.as_str(), head.path.as_str()), ("GET", "/sub/p%20q?x=1&y=%20z"));
        let headers = [("x-foo", "b"), ("x-rivet-ray-id", request.ray_id.as_str())];
        assert_eq!(head.headers, headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_root_is_a_slash() {
        assert_eq!(request("http://h/gateway/a/request?rvt-key=a", &[]).seen_at("").path, "/");
        assert_eq!(request("http://h/gateway/a/request?", &[]).seen_at("/").path, "/?");
    }

    #[test]
    fn callers_are_seen_below_the_actor() {
        let url = "http://h/gateway/a/action/get?q&rvt-key=a";
        let caller = request(url, &[]).into_caller(Bytes::new(), "/action/get".len());
        assert_eq!((caller.head)().path, "/action/get?q");
        let root = request("http://h/gateway/a/websocket?rvt-key=a", &[]).into_caller(Bytes::new(), 0);
        assert_eq!((root.head)().path, "/");
    }

    #[test]
    fn a_redirected_request_is_seen_where_it_was_meant_to_go() {
        let raw = |original: &str| {
            let original = [("x-rivet-internal-original-request-url", original)];
            request("http://h/gateway/a/request/x?y", &original).seen_raw_at("/x")
        };
        let head = raw("https://api.example/v1/users?id=%201#top");
        assert_eq!(head.path, "/v1/users?id=%201");
        assert_eq!(head.headers.len(), 1, "{:?}", head.headers);
        assert_eq!(raw("not a url").path, "/x?y");
        assert_eq!(raw("https://api.example").path, "/");
    }
}
