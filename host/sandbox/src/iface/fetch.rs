//! `rivet:actor/fetch`.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use rivet_ground::{ActorError, Effect, FetchRequest, OperationId, cut, limits};
use url::Url;

use crate::bindings::rivet::actor::fetch::{Host, Request};
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::inside::Inside;
use crate::iface::operation::Pending;
use crate::iface::to_wit;

impl Host for Guest {
    fn send(&mut self, request: Request) -> wasmtime::Result<Result<OperationId, Error>> {
        Ok(self.inside.fetch(request).map_err(to_wit))
    }
}

impl Inside {
    fn fetch(&mut self, request: Request) -> Result<OperationId, ActorError> {
        let request = check(request)?;
        let len_bytes = request.body.len() + request.url.as_str().len() + head_bytes(&request.headers);
        self.check_say(len_bytes)?;
        let under_way = self.pending_operations.values().filter(|pending| matches!(pending, Pending::Fetch));
        if under_way.count() >= limits::FETCHES_ACTOR {
            let message = format!(
                "{} requests of the actor are under way, the most there may be: wait for one of them",
                limits::FETCHES_ACTOR
            );
            return Err(ActorError::actor("overloaded", message));
        }
        let operation = self.start_operation(Pending::Fetch)?;
        self.say(Effect::Fetch { operation, request: Box::new(request) }, len_bytes)?;
        Ok(operation)
    }
}

/// The request, if HTTP allows it and it is within the limits.
fn check(request: Request) -> Result<FetchRequest, ActorError> {
    let within = |wanted: Option<u64>, most: u64| wanted.unwrap_or(most).min(most);
    let url = check_url(&request.url)?;
    let method = match Method::from_bytes(request.method.as_bytes()) {
        Ok(method) if !FORBIDDEN.iter().any(|other| method.as_str().eq_ignore_ascii_case(other)) => method,
        _ => {
            let method = cut(&request.method, limits::REPORT_TEXT_BYTES);
            return Err(invalid_request(format!("{method:?} is no method that may be asked for")));
        }
    };
    if request.body.len() > limits::FETCH_BODY_OUT_BYTES {
        let message = format!(
            "the body has {} bytes, over the limit of {}",
            request.body.len(),
            limits::FETCH_BODY_OUT_BYTES
        );
        return Err(invalid_request(message));
    }
    let timeout_ms = request.timeout_ms.unwrap_or(limits::FETCH_TIMEOUT_MS);
    Ok(FetchRequest {
        method,
        url,
        headers: check_headers(request.headers)?,
        body: Bytes::from(request.body),
        timeout_ms: timeout_ms.min(limits::FETCH_TIMEOUT_MAX_MS),
        body_max_bytes: within(request.max_body_bytes, limits::FETCH_BODY_IN_BYTES as u64) as usize,
        redirects_max: request.redirects.unwrap_or(limits::FETCH_REDIRECTS).min(limits::FETCH_REDIRECTS),
    })
}

fn check_url(text: &str) -> Result<Url, ActorError> {
    let invalid = |why: &str| {
        let message = format!("{:?} cannot be asked: {why}", cut(text, limits::REPORT_TEXT_BYTES));
        Err(ActorError::new("fetch", "invalid_url", message))
    };
    if text.len() > limits::FETCH_URL_BYTES {
        return invalid(&format!("it has more than {} bytes", limits::FETCH_URL_BYTES));
    }
    let mut url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return invalid(&error.to_string()),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("only http and https are spoken");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("a user and a password belong in the header `authorization`");
    }
    url.set_fragment(None);
    Ok(url)
}

/// Methods that nobody may ask for, however they are written (the Fetch standard).
const FORBIDDEN: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// Headers that are the connection's.
const OF_CONNECTION: [HeaderName; 10] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::EXPECT,
];

fn check_headers(list: Vec<(String, Vec<u8>)>) -> Result<HeaderMap, ActorError> {
    let len_bytes: usize = list.iter().map(|(name, value)| header_bytes(name, value)).sum();
    if len_bytes > limits::FETCH_HEAD_BYTES {
        let message =
            format!("the headers have {len_bytes} bytes, over the limit of {}", limits::FETCH_HEAD_BYTES);
        return Err(invalid_request(message));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in list {
        let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
            let name = cut(&name, limits::REPORT_TEXT_BYTES);
            return Err(invalid_request(format!("{name:?} is no name of an HTTP header")));
        };
        if OF_CONNECTION.contains(&known) {
            return Err(invalid_request(format!("the header {known} is the host's to set")));
        }
        let value = HeaderValue::from_maybe_shared(Bytes::from(value)).map_err(|_| {
            invalid_request(format!("the header {known} has a value that HTTP does not allow"))
        })?;
        headers.append(known, value);
    }
    Ok(headers)
}

fn head_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| header_bytes(name.as_str(), value.as_bytes())).sum()
}

/// With `: ` and the line's end: so it bounds their number as well.
fn header_bytes(name: &str, value: &[u8]) -> usize {
    4 + name.len() + value.len()
}

fn invalid_request(message: impl Into<String>) -> ActorError {
    ActorError::new("fetch", "invalid_request", message)
}

#[cfg(test)]
mod tests {
    use rivet_ground::{Event, EventKind};

    use super::*;
    use crate::iface::workbench::{Workbench, nobody};

    fn get(url: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: vec![],
            body: vec![],
            timeout_ms: None,
            max_body_bytes: None,
            redirects: None,
        }
    }

    fn refusal(request: Request) -> String {
        check(request).expect_err("is refused").path()
    }

    #[test]
    fn what_is_not_said_is_filled_in_and_what_is_too_much_is_cut() {
        let plain = check(get("HTTPS://A.example:443/b?c#d")).unwrap();
        assert_eq!(plain.url.as_str(), "https://a.example/b?c");
        assert_eq!(
            (plain.timeout_ms, plain.redirects_max),
            (limits::FETCH_TIMEOUT_MS, limits::FETCH_REDIRECTS)
        );
        assert_eq!(plain.body_max_bytes, limits::FETCH_BODY_IN_BYTES);
        let less = |n: u64| Request {
            timeout_ms: Some(n),
            max_body_bytes: Some(n),
            redirects: Some(n as u32),
            ..get("http://a")
        };
        let few = check(less(0)).unwrap();
        assert_eq!((few.timeout_ms, few.body_max_bytes, few.redirects_max), (0, 0, 0));
        let many = check(less(u64::MAX)).unwrap();
        assert_eq!(many.timeout_ms, limits::FETCH_TIMEOUT_MAX_MS);
        assert_eq!((many.body_max_bytes, many.redirects_max), (plain.body_max_bytes, plain.redirects_max));
    }

    #[test]
    fn urls_that_cannot_be_asked_are_refused() {
        let long = format!("http://a/{}", "x".repeat(limits::FETCH_URL_BYTES));
        for url in [
            "",
            "a.example",
            "/path",
            "file:///etc/passwd",
            "ftp://a",
            "http://",
            "http://u@a",
            "http://:p@a",
            "http://a b",
            &long,
        ] {
            assert_eq!(refusal(get(url)), "fetch.invalid_url", "{url}");
        }
    }

    #[test]
    fn requests_that_http_does_not_allow_are_refused() {
        for method in ["", "GE T", "CONNECT", "Connect", "TRACE", "track", "GET\r\n"] {
            let request = Request { method: method.to_owned(), ..get("http://a") };
            assert_eq!(refusal(request), "fetch.invalid_request", "{method:?}");
        }
        let fits = limits::FETCH_HEAD_BYTES - 5;
        let bad = [
            ("", b"x".to_vec()),
            ("a b", vec![]),
            ("a", b"1\r\nb: 2".to_vec()),
            ("a", vec![b'x'; fits + 1]),
            ("Host", b"b.example".to_vec()),
            ("content-length", b"1".to_vec()),
            ("Transfer-Encoding", b"chunked".to_vec()),
            ("connection", b"keep-alive".to_vec()),
        ];
        for (name, value) in bad {
            let request = Request { headers: vec![(name.to_owned(), value)], ..get("http://a") };
            assert_eq!(refusal(request), "fetch.invalid_request", "{name:?}");
        }
        let headers = vec![("a".to_owned(), vec![b'x'; fits])];
        check(Request { headers, ..get("http://a") }).unwrap();
        let body = vec![0; limits::FETCH_BODY_OUT_BYTES + 1];
        assert_eq!(refusal(Request { body, ..get("http://a") }), "fetch.invalid_request");
    }

    #[test]
    fn so_many_are_under_way_and_no_more() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let first = inside.fetch(get("http://a")).unwrap();
        for _ in 1..limits::FETCHES_ACTOR {
            inside.fetch(get("http://a")).unwrap();
        }
        assert_eq!(inside.fetch(get("http://a")).unwrap_err().path(), "actor.overloaded");
        inside.begin_turn(&Event::bare(EventKind::Completion, first));
        let second = inside.fetch(get("http://a")).unwrap();
        // One that this very turn asked for never leaves.
        inside.cancel(second);
        inside.fetch(get("http://a")).unwrap();
        let effects = inside.end_turn(true).unwrap().effects;
        assert_eq!(effects.len(), limits::FETCHES_ACTOR + 1);
        assert!(
            effects
                .iter()
                .all(|effect| !matches!(effect, Effect::Fetch { operation, .. } if *operation == second))
        );
        assert_eq!(nobody().fetch(get("http://a")).unwrap_err().path(), "actor.invalid_operation");
    }

    #[test]
    fn one_that_is_under_way_is_given_up_and_lost_to_sleep() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let (one, two) = (inside.fetch(get("http://a")).unwrap(), inside.fetch(get("http://a")).unwrap());
        inside.end_turn(true).unwrap();
        inside.cancel(one);
        let effects = inside.end_turn(true).unwrap().effects;
        assert!(matches!(effects.as_slice(), [Effect::Cancel { operation }] if *operation == one));
        assert_eq!(inside.suspended().lost, [two]);
    }
}
