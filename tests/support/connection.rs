//! A live connection that one of the real clients holds.

use serde_json::{Value, json};

use crate::{ClientError, Driver};

/// A connection of a driver's client to an actor.
pub struct Connection<'a> {
    driver: &'a Driver,
    /// What names it in the line protocol.
    name: Value,
}

/// A call that was sent over a connection.
pub struct PendingCall<'a> {
    connection: &'a Connection<'a>,
    number: Value,
}

/// A listener on an event.
pub struct Subscription(Value);

impl<'a> Connection<'a> {
    pub(crate) fn new(driver: &'a Driver, target: &Value, params: Value) -> Self {
        let mut request = json!({ "op": "connect" });
        if !params.is_null() {
            request["params"] = params;
        }
        let number = driver.ask(target, request).unwrap();
        Self { driver, name: json!({ "conn": number }) }
    }

    /// Waits until the connection is there, and gives its id (null for a client that does not tell); the error that it
    /// was refused with.
    pub fn open(&self) -> Result<Value, ClientError> {
        self.ask(json!({ "op": "open" }))
    }

    /// Calls an action over the connection.
    pub fn call(&self, action: &str, args: Value) -> Result<Value, ClientError> {
        self.ask(json!({ "op": "callOver", "action": action, "args": args }))
    }

    /// Calls an action that must succeed.
    pub fn output(&self, action: &str, args: Value) -> Value {
        self.call(action, args).unwrap_or_else(|e| panic!("{}: {action}: {e:?}", self.driver.client()))
    }

    /// Calls an action, and does not wait for what comes of it.
    pub fn start(&self, action: &str, args: Value) -> PendingCall<'_> {
        let number = self.tell(json!({ "op": "start", "action": action, "args": args }));
        PendingCall { connection: self, number }
    }

    /// Listens to an event from now on.
    pub fn on(&self, event: &str) -> Subscription {
        Subscription(self.tell(json!({ "op": "on", "event": event })))
    }

    /// Listens to the next event of a name.
    pub fn once(&self, event: &str) -> Subscription {
        Subscription(self.tell(json!({ "op": "once", "event": event })))
    }

    /// Stops to listen.
    pub fn off(&self, subscription: &Subscription) {
        self.tell(json!({ "op": "off", "subscription": subscription.0 }));
    }

    /// The arguments of every event of a name that was heard so far, when there are at least so many.
    pub fn events(&self, event: &str, at_least: usize) -> Value {
        self.tell(json!({ "op": "events", "event": event, "count": at_least }))
    }

    /// Waits until the connection has come to a status so many times, and gives its id as [`Connection::open`] does.
    pub fn wait_for(&self, status: &str, times: usize) -> Value {
        self.tell(json!({ "op": "status", "is": status, "times": times }))
    }

    /// The errors that the client has told of the connection, when there are at least so many. The crate
    /// `rivetkit-client` tells their messages only.
    pub fn errors(&self, at_least: usize) -> Vec<ClientError> {
        let mut errors = self.tell(json!({ "op": "errors", "count": at_least }));
        errors.as_array_mut().unwrap().iter_mut().map(ClientError::new).collect()
    }

    /// Gives the connection up.
    pub fn dispose(self) {
        self.tell(json!({ "op": "dispose" }));
    }

    fn tell(&self, request: Value) -> Value {
        let client = self.driver.client();
        self.ask(request.clone()).unwrap_or_else(|e| panic!("{client}: {request}: {e:?}"))
    }

    fn ask(&self, request: Value) -> Result<Value, ClientError> {
        self.driver.ask(&self.name, request)
    }
}

impl PendingCall<'_> {
    /// Waits for what comes of it.
    pub fn finish(self) -> Result<Value, ClientError> {
        self.connection.ask(json!({ "op": "finish", "call": self.number }))
    }
}
