//! An actor as a client without any library sees it: one URL, JSON in and out.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{Answer, Http, Link, Refused, WebSocket};

/// An actor, addressed by name and key; a call creates it if need be.
#[derive(Clone)]
pub struct Actor {
    http: Http,
    namespace: String,
    name: String,
    key: String,
}

impl Actor {
    pub(crate) fn new(http: Http, name: &str, key: &str) -> Self {
        Self { http, namespace: "default".to_owned(), name: name.to_owned(), key: key.to_owned() }
    }

    /// The actor of the same name and key in another namespace.
    pub fn in_namespace(self, namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), ..self }
    }

    /// The actor of the same name that has another key.
    pub fn with_key(self, key: &str) -> Self {
        Self { key: key.to_owned(), ..self }
    }

    /// Calls an action; an error when no answer came.
    pub fn try_call(&self, action: &str, args: Value) -> Result<Answer, ureq::Error> {
        let body = json!({ "args": args }).to_string();
        let headers = [("x-rivet-encoding", "json"), ("content-type", "application/json")];
        self.http.send("POST", &self.path(action), &headers, body.as_bytes())
    }

    /// Calls an action; there must be an answer.
    pub fn call(&self, action: &str, args: Value) -> Answer {
        self.try_call(action, args).unwrap_or_else(|e| panic!("{}.{action}: {e}", self.name))
    }

    /// Calls an action that must succeed, and gives its output.
    pub fn output(&self, action: &str, args: Value) -> Value {
        let answer = self.call(action, args);
        assert_eq!(answer.status, 200, "{}.{action}: {}", self.name, answer.text());
        answer.json()["output"].clone()
    }

    /// Connects to the actor, with parameters if they are not null.
    pub fn try_connect(&self, params: &Value) -> Result<Link, Refused> {
        Link::open(self.http.url(), &self.place("/connect"), params)
    }

    /// Connects to the actor, which must let the client in.
    pub fn connect(&self, params: &Value) -> Link {
        self.try_connect(params).unwrap_or_else(|e| panic!("{}: {e:?}", self.name))
    }

    /// Opens a raw WebSocket at a path of the actor, which begins with a slash.
    pub fn web_socket(&self, path: &str) -> WebSocket {
        WebSocket::open(self.http.url(), &self.place(&format!("/websocket{path}")), &["rivet"])
    }

    /// Path and query of an action.
    pub fn path(&self, action: &str) -> String {
        self.place(&format!("/action/{}", utf8_percent_encode(action, NON_ALPHANUMERIC)))
    }

    /// Path and query of a place of the actor, which is addressed by a query (client-protocol.md section 4). The
    /// place begins with a slash and may have a query of its own.
    pub fn place(&self, place: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("rvt-namespace", &self.namespace)
            .append_pair("rvt-method", "getOrCreate")
            .append_pair("rvt-runner", "default")
            .append_pair("rvt-key", &self.key)
            .append_pair("rvt-crash-policy", "sleep")
            .finish();
        let name = utf8_percent_encode(&self.name, NON_ALPHANUMERIC);
        let separator = if place.contains('?') { '&' } else { '?' };
        format!("/gateway/{name}{place}{separator}{query}")
    }
}
