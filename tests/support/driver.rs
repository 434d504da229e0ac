//! The real clients, each run by a driver program that speaks one JSON line a request (`js/driver.mjs`).

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::build::{cargo, run};
use crate::root;

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
        let mut command = if client.version == "rust" { rust_driver() } else { node_driver() };
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { client, url: url.to_owned(), process, requests, answers }
    }

    /// Which client this is.
    pub fn client(&self) -> Client {
        self.client
    }

    /// Calls an action. The target is `{"actor", "by", "key" or "id", "input"?}` of the line protocol.
    pub fn call(&mut self, target: &Value, action: &str, args: Value) -> Result<Value, ClientError> {
        self.ask(target, json!({ "op": "call", "action": action, "args": args }))
    }

    /// Calls an action that must succeed.
    pub fn output(&mut self, target: &Value, action: &str, args: Value) -> Value {
        let client = self.client;
        self.call(target, action, args).unwrap_or_else(|e| panic!("{client}: {target} {action}: {e:?}"))
    }

    /// Finds out the id of an actor.
    pub fn resolve(&mut self, target: &Value) -> Result<String, ClientError> {
        self.ask(target, json!({ "op": "resolve" })).map(id)
    }

    /// Creates an actor and gives its id.
    pub fn create(&mut self, target: &Value) -> Result<String, ClientError> {
        self.ask(target, json!({ "op": "create" })).map(id)
    }

    fn ask(&mut self, target: &Value, request: Value) -> Result<Value, ClientError> {
        let mut line = target.as_object().unwrap().clone();
        line.extend(request.as_object().unwrap().clone());
        line.insert("client".to_owned(), self.client.version.into());
        line.insert("encoding".to_owned(), self.client.encoding.into());
        line.insert("url".to_owned(), self.url.clone().into());
        writeln!(self.requests, "{}", Value::Object(line)).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let mut answer: Value = serde_json::from_str(&answer)
            .unwrap_or_else(|e| panic!("the driver of {} says {answer:?}: {e}", self.client));
        match answer.get_mut("error") {
            Some(error) => Err(ClientError::new(error)),
            None => Ok(answer["ok"].take()),
        }
    }
}

impl ClientError {
    fn new(error: &mut Value) -> Self {
        let text = |name: &str| error[name].as_str().unwrap_or("?").to_owned();
        let path = format!("{}.{}", text("group"), text("code"));
        let message = text("message");
        Self { path, message, metadata: error["metadata"].take() }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn id(answer: Value) -> String {
    answer.as_str().expect("an id is a text").to_owned()
}

fn node_driver() -> Command {
    static INSTALLED: LazyLock<Mutex<bool>> = LazyLock::new(Mutex::default);
    let js = root().join("tests/js");
    let mut installed = INSTALLED.lock().unwrap();
    if !*installed {
        // Test binaries may run side by side: one of them installs, the others wait.
        let lock = std::fs::File::create(js.join(".install-lock")).unwrap();
        lock.lock().unwrap();
        let mut install = Command::new("bash");
        install.arg(js.join("install.sh"));
        run(install);
        *installed = true;
    }
    let mut node = Command::new(js.join("node_modules/.bin/node"));
    node.arg(js.join("driver.mjs"));
    node
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
