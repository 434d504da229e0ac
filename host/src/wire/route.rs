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
    /// A connection of a client, over a WebSocket.
    Connect,
    /// A raw WebSocket, with the end of the path: the one that the actor sees, or nothing for its root.
    WebSocket(&'a str),
    /// A raw HTTP request, with the end of the path as of a raw WebSocket.
    Request(&'a str),
    /// A message for the queue, under this name.
    Queue(Cow<'a, str>),
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
        if let Some(name) = path.strip_prefix("/queue/").and_then(decode) {
            return if post { Self::Queue(name) } else { Self::WrongMethod };
        }
        if let Some(path) = below(path, "/request") {
            return Self::Request(path);
        }
        let get = method == Method::GET;
        let read = get || method == Method::HEAD;
        match path {
            "/health" if read => Self::Health,
            "/metadata" if read => Self::Metadata,
            "/" if read => Self::Banner,
            "/connect" if get => Self::Connect,
            "/health" | "/metadata" | "/" | "/connect" => Self::WrongMethod,
            _ => match below(path, "/websocket") {
                Some(path) if get => Self::WebSocket(path),
                Some(_) => Self::WrongMethod,
                None => Self::Unknown,
            },
        }
    }
}

/// The path below a place, with its first slash, or nothing for the place itself; none if it is elsewhere.
fn below<'a>(path: &'a str, place: &str) -> Option<&'a str> {
    path.strip_prefix(place).filter(|rest| rest.is_empty() || rest.starts_with('/'))
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
        check(&Method::POST, "/queue/jobs", Route::Queue("jobs".into()));
        check(&Method::POST, "/queue/", Route::Unknown);
        check(&Method::GET, "/connect", Route::Connect);
        check(&Method::POST, "/connect", Route::WrongMethod);
        check(&Method::GET, "/connect/a", Route::Unknown);
        check(&Method::GET, "/websocket", Route::WebSocket(""));
        check(&Method::GET, "/websocket/a/b", Route::WebSocket("/a/b"));
        check(&Method::POST, "/websocket/a/b", Route::WrongMethod);
        check(&Method::GET, "/websockets", Route::Unknown);
        check(&Method::GET, "/queue/jobs", Route::WrongMethod);
        check(&Method::GET, "/health", Route::Health);
        check(&Method::POST, "/health", Route::WrongMethod);
        check(&Method::GET, "/metadata", Route::Metadata);
        check(&Method::GET, "/", Route::Banner);
        check(&Method::DELETE, "/request/a/b%20", Route::Request("/a/b%20"));
        check(&Method::GET, "/request", Route::Request(""));
        check(&Method::GET, "/request/", Route::Request("/"));
        check(&Method::GET, "/requests", Route::Unknown);
        check(&Method::GET, "/nowhere", Route::Unknown);
    }
}
