//! What a request asks of an actor (client-protocol.md section 5).

use std::borrow::Cow;

use hyper::Method;
use percent_encoding::percent_decode_str;

/// What a request asks of an actor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// A call of the action of this name.
    Action(Cow<'a, str>),
    /// Whether it is there.
    Health,
    /// What it runs on.
    Metadata,
    /// The text for people who look.
    Banner,
    /// The actor's own HTTP handler.
    Request,
    /// A place of Rivet that this host does not have yet: what it is for.
    NotYet(&'static str),
    /// A place that exists, but not for this method.
    WrongMethod,
    /// No such place.
    Unknown,
}

impl<'a> Route<'a> {
    /// The route of a path below an actor.
    pub(crate) fn of(method: &Method, path: &'a str) -> Self {
        let post = method == Method::POST;
        if let Some(name) = path.strip_prefix("/action/") {
            return match decode(name) {
                Some(name) if post => Self::Action(name),
                Some(_) => Self::WrongMethod,
                None => Self::Unknown,
            };
        }
        if path.strip_prefix("/queue/").and_then(decode).is_some() {
            return if post { Self::NotYet("queues") } else { Self::WrongMethod };
        }
        let page = match path {
            "/health" => Self::Health,
            "/metadata" => Self::Metadata,
            "/" => Self::Banner,
            "/connect" => Self::NotYet("connections"),
            "/websocket" => Self::NotYet("raw WebSockets"),
            _ if path.starts_with("/websocket/") => Self::NotYet("raw WebSockets"),
            "/request" => return Self::Request,
            _ if path.starts_with("/request/") => return Self::Request,
            _ => return Self::Unknown,
        };
        if matches!(*method, Method::GET | Method::HEAD) { page } else { Self::WrongMethod }
    }
}

/// One percent-decoded path segment that is not empty.
pub(crate) fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if segment.is_empty() || segment.contains('/') {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, path: &str, route: Route<'_>) {
        assert_eq!(Route::of(method, path), route, "{method} {path}");
    }

    #[test]
    fn paths_are_routes() {
        let action = |name: &'static str| Route::Action(name.into());
        check(&Method::POST, "/action/increment", action("increment"));
        check(&Method::POST, "/action/nested.inner", action("nested.inner"));
        check(&Method::POST, "/action/a%2Fb%20%C3%A9", action("a/b é"));
        check(&Method::GET, "/action/increment", Route::WrongMethod);
        check(&Method::POST, "/action/", Route::Unknown);
        check(&Method::POST, "/action/a/b", Route::Unknown);
        check(&Method::POST, "/action/%ff", Route::Unknown);
        check(&Method::POST, "/queue/jobs", Route::NotYet("queues"));
        check(&Method::POST, "/queue/", Route::Unknown);
        check(&Method::GET, "/connect", Route::NotYet("connections"));
        check(&Method::POST, "/connect", Route::WrongMethod);
        check(&Method::GET, "/websocket/a/b", Route::NotYet("raw WebSockets"));
        check(&Method::GET, "/websockets", Route::Unknown);
        check(&Method::GET, "/queue/jobs", Route::WrongMethod);
        check(&Method::GET, "/health", Route::Health);
        check(&Method::POST, "/health", Route::WrongMethod);
        check(&Method::GET, "/metadata", Route::Metadata);
        check(&Method::GET, "/", Route::Banner);
        check(&Method::DELETE, "/request/a/b", Route::Request);
        check(&Method::GET, "/request", Route::Request);
        check(&Method::GET, "/requests", Route::Unknown);
        check(&Method::GET, "/nowhere", Route::Unknown);
    }
}
