//! What pages of other origins may do (client-protocol.md section 4, CORS).

use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue,
    ORIGIN, VARY,
};

use crate::wire::answer::{HttpResponse, empty};
use crate::wire::origins::Origins;

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS, PATCH");
const DAY: HeaderValue = HeaderValue::from_static("86400");
const ASKED: HeaderValue =
    HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

fn asked_or(request: &HeaderMap, name: HeaderName, otherwise: HeaderValue) -> HeaderValue {
    request.get(name).cloned().unwrap_or(otherwise)
}

/// Lets a page of an origin read a response of an actor or of the way to it, unless the origin is not listed. The
/// list has the last word, whatever the actor said.
pub(crate) fn allow_gateway(origins: &Origins, response: &mut HeaderMap, origin: Option<HeaderValue>) {
    response.append(VARY, HeaderValue::from_static("Origin"));
    if origins.allow(origin.as_ref()) {
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.unwrap_or(ANY));
        response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
        response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANY);
    } else {
        response.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        response.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
}

/// Answers a page that asks whether it may call an actor; `allow_gateway` says whether it may.
pub(crate) fn gateway_preflight(origins: &Origins, request: &HeaderMap) -> HttpResponse {
    let mut response = empty(StatusCode::NO_CONTENT);
    if origins.allow(request.get(ORIGIN)) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked_or(request, ACCESS_CONTROL_REQUEST_HEADERS, ANY));
        headers.insert(ACCESS_CONTROL_MAX_AGE, DAY);
    }
    response
}

/// Lets a page read a response of the manager, unless its origin is not listed.
pub(crate) fn allow_manager(origins: &Origins, response: &mut HeaderMap, request: &HeaderMap) {
    response.insert(VARY, ASKED);
    if !origins.allow(request.get(ORIGIN)) {
        return;
    }
    response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    for (asked, allowed) in [
        (ORIGIN, ACCESS_CONTROL_ALLOW_ORIGIN),
        (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
        (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
    ] {
        if let Some(value) = request.get(asked) {
            response.insert(allowed, value.clone());
        }
    }
}

/// Answers a page that asks whether it may call the manager; `allow_manager` says whether it may.
pub(crate) fn manager_preflight() -> HttpResponse {
    empty(StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))])
    }

    fn origins(list: &[&str]) -> Origins {
        Origins::new(list.iter().map(|origin| origin.parse().unwrap()).collect())
    }

    /// The headers of a gateway response and of a manager response to a page.
    fn responses(origins: &Origins, request: &HeaderMap) -> [HeaderMap; 2] {
        let (mut gateway, mut manager) = (HeaderMap::new(), HeaderMap::new());
        allow_gateway(origins, &mut gateway, request.get(ORIGIN).cloned());
        allow_manager(origins, &mut manager, request);
        [gateway, manager]
    }

    #[test]
    fn a_gateway_preflight_echoes_what_was_asked() {
        let mut request = HeaderMap::new();
        let every = Origins::default();
        let response = gateway_preflight(&every, &request);
        assert_eq!(response.status(), 204);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "*");
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-foo"));
        let response = gateway_preflight(&every, &request);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "x-foo");
    }

    #[test]
    fn the_origin_is_echoed() {
        let every = Origins::default();
        let [gateway, manager] = responses(&every, &HeaderMap::new());
        assert_eq!(gateway[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(manager.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
        for list in [every, origins(&["http://a.example"])] {
            for response in responses(&list, &page("http://a.example")) {
                assert_eq!(response[ACCESS_CONTROL_ALLOW_ORIGIN], "http://a.example");
                assert_eq!(response[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
            }
        }
    }

    #[test]
    fn an_origin_that_is_not_listed_gets_nothing() {
        let list = origins(&["http://a.example"]);
        let evil = page("http://evil.example");
        for response in responses(&list, &evil) {
            assert!(response.contains_key(VARY));
            assert_eq!(response.len(), 1, "{response:?}");
        }
        assert_eq!(*gateway_preflight(&list, &evil).headers(), HeaderMap::new());
        let mut response = HeaderMap::from_iter([(ACCESS_CONTROL_ALLOW_ORIGIN, ANY)]);
        allow_gateway(&list, &mut response, evil.get(ORIGIN).cloned());
        assert!(!response.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "the actor does not decide");
        let [gateway, _] = responses(&list, &HeaderMap::new());
        assert_eq!(gateway[VARY], "Origin");
    }
}
