//! Raw HTTP and raw WebSockets as the real clients offer them.

use serde_json::{Value, json};

use crate::Driver;

/// The answer to a raw request.
#[derive(Debug)]
pub struct Fetched {
    /// The HTTP status.
    pub status: u64,
    /// The headers, by their names in lower case.
    pub headers: Value,
    /// The body as text; its beginning, if it is long.
    pub text: String,
    /// Whether the body is what was sent, byte for byte.
    pub echoed: bool,
}

/// A raw WebSocket that a client holds.
pub struct ClientSocket<'a> {
    driver: &'a Driver,
    /// What names it in the line protocol.
    name: Value,
}

impl Fetched {
    pub(crate) fn send(driver: &Driver, target: &Value, mut request: Value) -> Self {
        request["op"] = "fetch".into();
        let client = driver.client();
        let mut answer = driver.ask(target, request).unwrap_or_else(|e| panic!("{client}: {e:?}"));
        Self {
            status: answer["status"].as_u64().unwrap(),
            headers: answer["headers"].take(),
            text: answer["text"].as_str().unwrap().to_owned(),
            echoed: answer["echoed"].as_bool().unwrap(),
        }
    }
}

impl<'a> ClientSocket<'a> {
    pub(crate) fn open(driver: &'a Driver, target: &Value, path: &str) -> Self {
        let client = driver.client();
        let number = driver.ask(target, json!({ "op": "socket", "path": path }));
        let number = number.unwrap_or_else(|e| panic!("{client}: {target} {path}: {e:?}"));
        Self { driver, name: json!({ "socket": number }) }
    }

    /// Sends a text, or bytes: `{"$bytes": [..]}`.
    pub fn send(&self, message: Value) {
        self.tell(json!({ "op": "send", "message": message }));
    }

    /// The messages so far, when there are at least so many.
    pub fn messages(&self, at_least: usize) -> Value {
        self.tell(json!({ "op": "messages", "count": at_least }))
    }

    /// Closes it.
    pub fn close(&self, code: u16, reason: &str) {
        self.tell(json!({ "op": "close", "code": code, "reason": reason }));
    }

    /// Waits for its end: `{"code", "reason"}`.
    pub fn closed(&self) -> Value {
        self.tell(json!({ "op": "closed" }))
    }

    fn tell(&self, request: Value) -> Value {
        let client = self.driver.client();
        self.driver.ask(&self.name, request.clone()).unwrap_or_else(|e| panic!("{client}: {request}: {e:?}"))
    }
}
