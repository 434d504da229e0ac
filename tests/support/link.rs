//! The client protocol spoken by hand, in JSON (client-protocol.md section 8): every frame is seen as it comes.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::{Closed, Received, WebSocket};

/// A connection to an actor, after its `Init`.
pub struct Link {
    socket: WebSocket,
    id: String,
    actor_id: String,
    calls: u64,
    /// Events that came while something else was waited for.
    events: VecDeque<(String, Value)>,
}

/// A message of the host.
#[derive(Debug, PartialEq)]
pub enum ToClient {
    /// An event: name and arguments.
    Event(String, Value),
    /// The answer to a call, by its number.
    Answer(u64, Result<Value, Failure>),
    /// An error of the connection.
    Error(Failure),
    /// The end.
    Closed(Closed),
}

/// An error as the host tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// `group.code`.
    pub path: String,
    /// The message.
    pub message: String,
}

/// Why a connection was not let in.
#[derive(Debug, PartialEq)]
pub struct Refused {
    /// The error that came first, if one did.
    pub failure: Option<Failure>,
    /// How the socket was closed.
    pub closed: Closed,
}

impl Link {
    /// Connects at a path of the gateway; the parameters are given along if they are not null.
    pub fn open(url: &str, path: &str, params: &Value) -> Result<Self, Refused> {
        let encoded =
            percent_encoding::utf8_percent_encode(&params.to_string(), percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        let params_token = format!("rivet_conn_params.{encoded}");
        let mut protocols = vec!["rivet", "rivet_encoding.json"];
        if !params.is_null() {
            protocols.push(&params_token);
        }
        Self::over(WebSocket::open(url, path, &protocols))
    }

    /// Goes on with a WebSocket that was opened in JSON and has not been read from.
    pub fn over(mut socket: WebSocket) -> Result<Self, Refused> {
        let mut failure = None;
        loop {
            let text = match socket.message() {
                Received::Text(text) => text,
                Received::Closed(closed) => return Err(Refused { failure, closed }),
                other => panic!("no text: {other:?}"),
            };
            let body = serde_json::from_str::<Value>(&text).unwrap()["body"].take();
            let field = |name: &str| body["val"][name].as_str().unwrap().to_owned();
            match body["tag"].as_str() {
                Some("Init") => {
                    let (id, actor_id) = (field("connectionId"), field("actorId"));
                    return Ok(Self { socket, id, actor_id, calls: 0, events: VecDeque::new() });
                }
                Some("Error") => failure = Some(Failure::new(&body["val"])),
                _ => panic!("neither Init nor Error: {text}"),
            }
        }
    }

    /// The connection's id, a UUID.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The actor's id.
    pub fn actor_id(&self) -> &str {
        &self.actor_id
    }

    /// The WebSocket beneath.
    pub fn socket(&mut self) -> &mut WebSocket {
        &mut self.socket
    }

    /// Sends a call and gives its number.
    pub fn send_call(&mut self, action: &str, args: &Value) -> u64 {
        let id = self.calls;
        self.calls += 1;
        // As the npm clients write a number of 64 bits; plain numbers are taken as well.
        let id_value = if id.is_multiple_of(2) { json!(["$BigInt", id.to_string()]) } else { json!(id) };
        self.send("ActionRequest", json!({ "id": id_value, "name": action, "args": args }));
        id
    }

    /// Calls an action, and keeps the events that come before the answer.
    pub fn call(&mut self, action: &str, args: Value) -> Result<Value, Failure> {
        let sent = self.send_call(action, &args);
        loop {
            match self.read() {
                ToClient::Answer(id, outcome) if id == sent => return outcome,
                ToClient::Event(name, args) => self.events.push_back((name, args)),
                other => panic!("in place of the answer to {action}: {other:?}"),
            }
        }
    }

    /// Calls an action that must succeed.
    pub fn output(&mut self, action: &str, args: Value) -> Value {
        self.call(action, args).unwrap_or_else(|e| panic!("{action}: {e:?}"))
    }

    /// Subscribes to an event. It is done when a later call is answered.
    pub fn subscribe(&mut self, event: &str) {
        self.send("SubscriptionRequest", json!({ "eventName": event, "subscribe": true }));
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, event: &str) {
        self.send("SubscriptionRequest", json!({ "eventName": event, "subscribe": false }));
    }

    /// What comes next, the events first that came before.
    pub fn receive(&mut self) -> ToClient {
        match self.events.pop_front() {
            Some((name, args)) => ToClient::Event(name, args),
            None => self.read(),
        }
    }

    /// The arguments of the next event, which must be next and of this name.
    pub fn event(&mut self, name: &str) -> Value {
        match self.receive() {
            ToClient::Event(heard, args) if heard == name => args,
            other => panic!("in place of {name}: {other:?}"),
        }
    }

    /// The events that came while something else was waited for, by name.
    pub fn heard(&mut self) -> Vec<(String, Value)> {
        self.events.drain(..).collect()
    }

    /// Waits for the end, over whatever comes before.
    pub fn closed(&mut self) -> Closed {
        self.socket.closed()
    }

    fn send(&mut self, tag: &str, val: Value) {
        self.socket.send_text(&json!({ "body": { "tag": tag, "val": val } }).to_string());
    }

    fn read(&mut self) -> ToClient {
        let text = match self.socket.message() {
            Received::Text(text) => text,
            Received::Closed(closed) => return ToClient::Closed(closed),
            other => panic!("no text: {other:?}"),
        };
        let mut message: Value = serde_json::from_str(&text).unwrap();
        let val = message["body"]["val"].take();
        match message["body"]["tag"].as_str() {
            Some("Event") => ToClient::Event(val["name"].as_str().unwrap().to_owned(), val["args"].clone()),
            Some("ActionResponse") => ToClient::Answer(number(&val["id"]), Ok(val["output"].clone())),
            Some("Error") if val["actionId"].is_null() => ToClient::Error(Failure::new(&val)),
            Some("Error") => ToClient::Answer(number(&val["actionId"]), Err(Failure::new(&val))),
            _ => panic!("no message that may come now: {text}"),
        }
    }
}

impl Failure {
    fn new(val: &Value) -> Self {
        let text = |name: &str| val[name].as_str().unwrap().to_owned();
        Self { path: format!("{}.{}", text("group"), text("code")), message: text("message") }
    }
}

/// A number as the npm clients insist on it: in the form of a BigInt.
fn number(value: &Value) -> u64 {
    assert_eq!(value[0], "$BigInt", "{value}");
    value[1].as_str().unwrap().parse().unwrap()
}
