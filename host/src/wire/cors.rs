//! What pages of other origins may do (client-protocol.md section 4, CORS).

use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue,
    ORIGIN, VARY,
};
use rivet_ground::ActorError;

use crate::wire::answer::{self, HttpResponse};
use crate::wire::origins::Origins;

const ANY: HeaderValue = HeaderValue::from_static("*");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, DELETE, OPTIONS, PATCH");
const BY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const DAY: HeaderValue = HeaderValue::from_static("86400");
const ASKED: HeaderValue =
    HeaderValue::from_static("origin, access-control-request-method, access-control-request-headers");

fn asked_or(request: &HeaderMap, name: HeaderName, otherwise: HeaderValue) -> HeaderValue {
    request.get(name).cloned().unwrap_or(otherwise)
}

/// Whether a request may go on: pages of origins that are not listed may do nothing. To hide the answer would not
/// do: of many requests browsers ask nobody before they send them.
///
/// # Errors
/// The whole answer.
#[allow(clippy::result_large_err, reason = "it is sent at once")]
pub(crate) fn check(origins: &Origins, request: &HeaderMap) -> Result<(), HttpResponse> {
    if origins.allow(request.get(ORIGIN)) {
        return Ok(());
    }
    let message = "pages of this origin may not use this host: start it with their --cors-origin";
    let mut response = answer::from_host(&ActorError::new("guard", "origin_not_allowed", message));
    response.headers_mut().insert(VARY, BY_ORIGIN);
    Err(response)
}

/// Lets a page of an origin read a response of an actor or of the way to it, whatever the actor said of it.
pub(crate) fn allow_gateway(response: &mut HeaderMap, origin: Option<HeaderValue>) {
    response.append(VARY, BY_ORIGIN);
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.unwrap_or(ANY));
    response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, ANY);
}

/// Answers a page that asks whether it may call an actor; `allow_gateway` says that it may.
pub(crate) fn gateway_preflight(request: &HeaderMap) -> HttpResponse {
    let mut response = answer::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked_or(request, ACCESS_CONTROL_REQUEST_HEADERS, ANY));
    headers.insert(ACCESS_CONTROL_MAX_AGE, DAY);
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
    answer::empty(StatusCode::OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))])
    }

    #[test]
    fn a_gateway_preflight_echoes_what_was_asked() {
        let mut request = HeaderMap::new();
        let response = gateway_preflight(&request);
        assert_eq!(response.status(), 204);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "*");
        request.insert(ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-foo"));
        let response = gateway_preflight(&request);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "x-foo");
    }

    #[test]
    fn the_origin_is_echoed() {
        let responses = |request: &HeaderMap| {
            // The actor does not decide.
            let mut gateway =
                HeaderMap::from_iter([(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("b"))]);
            let mut manager = HeaderMap::new();
            allow_gateway(&mut gateway, request.get(ORIGIN).cloned());
            allow_manager(&mut manager, request);
            [gateway, manager]
        };
        let [gateway, manager] = responses(&HeaderMap::new());
        assert_eq!(gateway[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert!(manager.get(ACCESS_CONTROL_ALLOW_ORIGIN).is_none());
        for response in responses(&page("http://a.example")) {
            assert_eq!(response.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().count(), 1);
            assert_eq!(response[ACCESS_CONTROL_ALLOW_ORIGIN], "http://a.example");
            assert_eq!(response[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
            assert!(response.contains_key(VARY));
        }
    }

    #[test]
    fn an_origin_that_is_not_listed_is_refused() {
        let listed = Origins::new(vec!["http://a.example".parse().unwrap()]);
        assert!(check(&listed, &page("http://a.example")).is_ok());
        assert!(check(&listed, &HeaderMap::new()).is_ok(), "no page");
        assert!(check(&Origins::default(), &page("http://evil.example")).is_ok());
        let refused = check(&listed, &page("http://evil.example")).unwrap_err();
        assert_eq!(refused.status(), 403);
        assert_eq!(refused.headers()[VARY], "Origin");
        assert!(!refused.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
