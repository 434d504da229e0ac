//! The real clients, each run by a driver program that speaks one JSON line a request (`js/driver.mjs`).

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::{Value, json};

use crate::build::{cargo, run};
use crate::{ClientSocket, Connection, Fetched, node, root};

/// A client of Rivet: which one, and how it encodes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// The version of npm `rivetkit`, or `rust` for the crate `rivetkit-client`.
    pub version: &'static str,
    /// `json`, `cbor` or `bare`.
    pub encoding: &'static str,
}

/// Every client that the host must serve, in every encoding.
pub const EVERY_CLIENT: [Client; 9] = [
    Client { version: "2.3.19", encoding: "json" },
    Client { version: "2.3.19", encoding: "cbor" },
    Client { version: "2.3.19", encoding: "bare" },
    Client { version: "2.2.1", encoding: "json" },
    Client { version: "2.2.1", encoding: "cbor" },
    Client { version: "2.2.1", encoding: "bare" },
    Client { version: "rust", encoding: "json" },
    Client { version: "rust", encoding: "cbor" },
    Client { version: "rust", encoding: "bare" },
];

/// The error that a client reports.
#[derive(Debug, PartialEq)]
pub struct ClientError {
    /// `group.code`.
    pub path: String,
    /// The message.
    pub message: String,
    /// The metadata; null when there is none, or when the client does not give it.
    pub metadata: Value,
}

/// The running driver of one client on one host.
pub struct Driver {
    client: Client,
    url: String,
    process: Arc<Mutex<Process>>,
}

/// A driver program; it serves several clients.
struct Process {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.version, self.encoding)
    }
}

impl Driver {
    /// Starts the driver of a client.
    pub fn start(client: Client, url: &str) -> Self {
        let command = if client.version == "rust" { rust_driver() } else { node_driver() };
        Self { client, url: url.to_owned(), process: Arc::new(Mutex::new(Process::start(command))) }
    }

    /// Starts drivers for every client, which share a process where they can.
    pub fn start_all(url: &str) -> Vec<Self> {
        let node = Arc::new(Mutex::new(Process::start(node_driver())));
        let rust = Arc::new(Mutex::new(Process::start(rust_driver())));
        let process = |client: Client| Arc::clone(if client.version == "rust" { &rust } else { &node });
        let driver = |client| Self { client, url: url.to_owned(), process: process(client) };
        EVERY_CLIENT.into_iter().map(driver).collect()
    }

    /// Which client this is.
    pub fn client(&self) -> Client {
        self.client
    }

    /// Begins to connect to an actor, with parameters if they are not null.
    pub fn connect(&self, target: &Value, params: Value) -> Connection<'_> {
        Connection::new(self, target, params)
    }

    /// Sends a raw request: `{"path", "method", "headers"?, "text"? or "mib"?, "streamed"?}`.
    pub fn fetch(&self, target: &Value, request: Value) -> Fetched {
        Fetched::send(self, target, request)
    }

    /// Opens a raw WebSocket.
    pub fn socket(&self, target: &Value, path: &str) -> ClientSocket<'_> {
        ClientSocket::open(self, target, path)
    }

    /// Calls an action. The target is `{"actor", "by", "key" or "id", "input"?}` of the line protocol.
    pub fn call(&self, target: &Value, action: &str, args: Value) -> Result<Value, ClientError> {
        self.ask(target, json!({ "op": "call", "action": action, "args": args }))
    }

    /// Calls an action that must succeed.
    pub fn output(&self, target: &Value, action: &str, args: Value) -> Value {
        let client = self.client;
        self.call(target, action, args).unwrap_or_else(|e| panic!("{client}: {target} {action}: {e:?}"))
    }

    /// Sends a message to a queue: what the client gives back, `{"$undefined": true}` or `{"status", "response"?}`.
    pub fn publish(&self, target: &Value, queue: &str, body: Value) -> Result<Value, ClientError> {
        self.ask(target, json!({ "op": "publish", "queue": queue, "body": body }))
    }

    /// The same, and waits until it is completed, or for so many milliseconds.
    pub fn publish_and_wait(
        &self,
        target: &Value,
        queue: &str,
        body: Value,
        timeout_ms: Option<u64>,
    ) -> Result<Value, ClientError> {
        let mut request = json!({ "op": "publish", "queue": queue, "body": body, "wait": true });
        if let Some(ms) = timeout_ms {
            request["timeout"] = ms.into();
        }
        self.ask(target, request)
    }

    /// Finds out the id of an actor.
    pub fn resolve(&self, target: &Value) -> Result<String, ClientError> {
        self.ask(target, json!({ "op": "resolve" })).map(id)
    }

    /// Creates an actor and gives its id.
    pub fn create(&self, target: &Value) -> Result<String, ClientError> {
        self.ask(target, json!({ "op": "create" })).map(id)
    }

    /// Asks for an operation of the line protocol. What it is done to is in the target.
    pub(crate) fn ask(&self, target: &Value, request: Value) -> Result<Value, ClientError> {
        let mut line = target.as_object().unwrap().clone();
        line.extend(request.as_object().unwrap().clone());
        line.insert("client".to_owned(), self.client.version.into());
        line.insert("encoding".to_owned(), self.client.encoding.into());
        line.insert("url".to_owned(), self.url.clone().into());
        let mut answer = self.process.lock().unwrap().ask(&Value::Object(line), self.client);
        match answer.get_mut("error") {
            Some(error) => Err(ClientError::new(error)),
            None => Ok(answer["ok"].take()),
        }
    }
}

impl Process {
    fn start(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, requests, answers }
    }

    fn ask(&mut self, line: &Value, client: Client) -> Value {
        writeln!(self.requests, "{line}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer)
            .unwrap_or_else(|e| panic!("the driver of {client} says {answer:?}: {e}"))
    }
}

impl ClientError {
    pub(crate) fn new(error: &mut Value) -> Self {
        let text = |name: &str| error[name].as_str().unwrap_or("?").to_owned();
        let path = format!("{}.{}", text("group"), text("code"));
        let message = text("message");
        Self { path, message, metadata: error["metadata"].take() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn id(answer: Value) -> String {
    answer.as_str().expect("an id is a text").to_owned()
}

fn node_driver() -> Command {
    node(&root().join("tests/js/driver.mjs"))
}

fn rust_driver() -> Command {
    static BUILT: LazyLock<Mutex<bool>> = LazyLock::new(Mutex::default);
    let workspace = root().join("tests/rust-client");
    let target = workspace.join("target");
    let mut built = BUILT.lock().unwrap();
    if !*built {
        let mut cargo = cargo(&workspace, &target);
        cargo.arg("build");
        run(cargo);
        *built = true;
    }
    Command::new(target.join("debug/rust-client-driver"))
}
