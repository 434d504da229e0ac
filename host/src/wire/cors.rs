//! What pages of other origins may do (client-protocol.md section 4, CORS).

use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue,
    ORIGIN, VARY,
};

use crate::wire::answer::{HttpResponse, empty};

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS, PATCH");
const DAY: HeaderValue = HeaderValue::from_static("86400");
const ASKED: HeaderValue =
    HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

fn asked_or(request: &HeaderMap, name: HeaderName, otherwise: HeaderValue) -> HeaderValue {
    request.get(name).cloned().unwrap_or(otherwise)
}

/// Lets a page read a response of an actor or of the way to it.
pub(crate) fn allow_gateway(response: &mut HeaderMap, request: &HeaderMap) {
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, asked_or(request, ORIGIN, ANY));
    response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANY);
}

/// Answers a page that asks whether it may call an actor.
pub(crate) fn gateway_preflight(request: &HeaderMap) -> HttpResponse {
    let mut response = empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked_or(request, ACCESS_CONTROL_REQUEST_HEADERS, ANY));
    headers.insert(ACCESS_CONTROL_MAX_AGE, DAY);
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    response
}

/// Lets a page read a response of the manager.
pub(crate) fn allow_manager(response: &mut HeaderMap, request: &HeaderMap) {
    response.insert(VARY, ASKED);
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

/// Answers a page that asks whether it may call the manager; `allow_manager` says that it may.
pub(crate) fn manager_preflight() -> HttpResponse {
    empty(StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_preflight_echoes_what_was_asked() {
        let mut request = HeaderMap::new();
        let response = gateway_preflight(&request);
        assert_eq!(response.status(), 204);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "*");
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-foo"));
        assert_eq!(gateway_preflight(&request).headers()[ACCESS_CONTROL_ALLOW_HEADERS], "x-foo");
    }

    #[test]
    fn the_origin_is_echoed() {
        let mut request = HeaderMap::new();
        let mut response = HeaderMap::new();
        allow_manager(&mut response, &request);
        assert!(response.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
        allow_gateway(&mut response, &request);
        assert_eq!(response[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        request.insert(ORIGIN, HeaderValue::from_static("http://a.example"));
        for allow in [allow_gateway, allow_manager] {
            let mut response = HeaderMap::new();
            allow(&mut response, &request);
            assert_eq!(response[ACCESS_CONTROL_ALLOW_ORIGIN], "http://a.example");
            assert_eq!(response[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        }
    }
}
