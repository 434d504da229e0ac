//! Where a redirect leads, and what goes there.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, Method, StatusCode};
use rivet_ground::{ActorError, FetchRequest};
use url::Url;

use crate::egress::failure;

/// Headers that speak of the body.
const OF_BODY: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION];

/// Headers that are for one origin alone.
const OF_ORIGIN: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// Where an answer redirects to; none if it does not.
pub(super) fn target(url: &Url, status: StatusCode, headers: &HeaderMap) -> Result<Option<Url>, ActorError> {
    let redirects = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = headers.get(header::LOCATION).filter(|_| redirects) else { return Ok(None) };
    let invalid =
        |why: &str| failure("invalid_url", format!("{url} redirects to what is no URL for it: {why}"));
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| invalid("it is no text"))?;
    let target = url.join(location).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(target.scheme(), "http" | "https") || target.host().is_none() {
        return Err(invalid("only http and https are followed"));
    }
    if !target.username().is_empty() || target.password().is_some() {
        return Err(invalid("it has a user or a password"));
    }
    Ok(Some(target))
}

/// Sends a request on, as browsers do (the Fetch standard): a `POST` becomes a `GET` unless the server insists, and what is for one
/// origin does not go to another.
pub(super) fn follow(request: &mut FetchRequest, status: StatusCode, mut target: Url) {
    let rewrites = match status.as_u16() {
        301 | 302 => request.method == Method::POST,
        303 => request.method != Method::GET && request.method != Method::HEAD,
        _ => false,
    };
    if rewrites {
        request.method = Method::GET;
        request.body = Bytes::new();
        OF_BODY.iter().for_each(|name| drop(request.headers.remove(name)));
    }
    if target.origin() != request.url.origin() {
        OF_ORIGIN.iter().for_each(|name| drop(request.headers.remove(name)));
    }
    target.set_fragment(None);
    request.url = target;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(status: u16, location: &str) -> Result<Option<String>, String> {
        let url = Url::parse("https://a.example/b/c?d#e").unwrap();
        let headers = HeaderMap::from_iter([(header::LOCATION, location.parse().unwrap())]);
        let status = StatusCode::from_u16(status).unwrap();
        target(&url, status, &headers).map(|target| target.map(String::from)).map_err(|error| error.code)
    }

    /// What a `method` with a body and all headers becomes.
    fn followed(method: Method, status: u16, target: &str) -> FetchRequest {
        let names = OF_BODY.iter().chain(&OF_ORIGIN).cloned().chain([HeaderName::from_static("x-own")]);
        let mut request = FetchRequest {
            method,
            url: Url::parse("https://a.example/").unwrap(),
            headers: names.map(|name| (name, "x".parse().unwrap())).collect(),
            body: Bytes::from_static(b"body"),
            timeout_ms: 1,
            body_max_bytes: 1,
            redirects_max: 1,
        };
        follow(&mut request, StatusCode::from_u16(status).unwrap(), Url::parse(target).unwrap());
        request
    }

    #[test]
    fn redirects_lead_somewhere_else() {
        for status in [301, 302, 303, 307, 308] {
            assert_eq!(leads(status, "f"), Ok(Some("https://a.example/b/f".to_owned())));
        }
        for status in [200, 300, 304, 305, 404] {
            assert_eq!(leads(status, "f"), Ok(None));
        }
        assert_eq!(leads(302, "//b.example/"), Ok(Some("https://b.example/".to_owned())));
        let invalid = Err("invalid_url".to_owned());
        for location in
            ["file:///etc/passwd", "http://u:p@b.example", "http://u@b.example", "http://", "data:,x"]
        {
            assert_eq!(leads(302, location), invalid, "{location}");
        }
        assert_eq!(target(&Url::parse("http://a").unwrap(), StatusCode::FOUND, &HeaderMap::new()), Ok(None));
    }

    #[test]
    fn methods_change_as_in_browsers() {
        let changed = [(Method::POST, 301), (Method::POST, 302), (Method::POST, 303), (Method::PUT, 303)];
        for (method, status) in changed {
            let request = followed(method, status, "https://a.example/f#g");
            assert_eq!((request.method, request.body.len()), (Method::GET, 0));
            assert!(OF_BODY.iter().all(|name| !request.headers.contains_key(name)));
            assert!(request.headers.contains_key("x-own") && request.headers.contains_key("cookie"));
            assert_eq!(request.url.as_str(), "https://a.example/f");
        }
        let kept = [
            (Method::POST, 307),
            (Method::POST, 308),
            (Method::PUT, 301),
            (Method::DELETE, 302),
            (Method::HEAD, 303),
            (Method::GET, 303),
        ];
        for (method, status) in kept {
            let request = followed(method.clone(), status, "https://a.example/f");
            assert_eq!((request.method, request.body.len()), (method, 4));
            assert!(OF_BODY.iter().all(|name| request.headers.contains_key(name)));
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let keeps = |target| {
            let headers = followed(Method::GET, 302, target).headers;
            let kept = OF_ORIGIN.iter().filter(|name| headers.contains_key(*name)).count();
            assert!(kept == 0 || kept == OF_ORIGIN.len());
            assert!(headers.contains_key("x-own"));
            kept > 0
        };
        assert!(keeps("https://a.example:443/f"));
        for other in
            ["http://a.example/", "https://a.example:444/", "https://b.a.example/", "https://b.example/"]
        {
            assert!(!keeps(other), "{other}");
        }
    }
}
