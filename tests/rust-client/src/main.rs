//! Drives the crate `rivetkit-client` for a test, by the line protocol of `tests/js/driver.mjs`.

mod connections;
mod raw;

use std::io::{BufRead, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rivetkit_client::handle::ActorHandle;
use rivetkit_client::{
    Client, ClientConfig, CreateOptions, EncodingKind, GetOptions, GetOrCreateOptions, QueueSendStatus,
    SendAndWaitOpts, SendOpts,
};
use serde_json::{Value, json};

use connections::Connections;
use raw::Sockets;

/// How long an answer is waited for: a client waits for its host for ever, a test does not.
const PATIENCE: Duration = Duration::from_secs(120);

/// What stays from request to request.
#[derive(Default)]
struct Session {
    connections: Connections,
    sockets: Sockets,
}

// The worker runs the connections while this thread waits for a line.
#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<()> {
    let mut session = Session::default();
    for line in std::io::stdin().lock().lines() {
        let request = serde_json::from_str(&line?)?;
        let answer = match tokio::time::timeout(PATIENCE, session.perform(&request)).await {
            Ok(Ok(value)) => json!({ "ok": value }),
            Ok(Err(error)) => json!({ "error": describe(&error) }),
            Err(elapsed) => json!({ "error": describe(&elapsed.into()) }),
        };
        writeln!(std::io::stdout(), "{answer}")?;
    }
    Ok(())
}

impl Session {
    async fn perform(&mut self, request: &Value) -> Result<Value> {
        match text(request, "op")? {
            "call" => handle(request)?.action(text(request, "action")?, args(request)?).await,
            "resolve" => Ok(handle(request)?.resolve().await?.into()),
            "create" => {
                let options =
                    CreateOptions { input: request.get("input").cloned(), ..CreateOptions::default() };
                let handle = client(request)?.create(text(request, "actor")?, key(request)?, options).await?;
                Ok(handle.resolve().await?.into())
            }
            "publish" => publish(&handle(request)?, request).await,
            "fetch" => raw::fetch(&handle(request)?, request).await,
            "socket" => self.sockets.open(&handle(request)?, request).await,
            "connect" => self.connections.connect(handle(request)?).await,
            _ if request.get("socket").is_some() => self.sockets.perform(request).await,
            _ => self.connections.perform(request).await,
        }
    }
}

async fn publish(handle: &ActorHandle, request: &Value) -> Result<Value> {
    let (queue, body) = (text(request, "queue")?, &request["body"]);
    if request["wait"] != true {
        handle.send(queue, body, SendOpts::default()).await?;
        return Ok(json!({ "$undefined": true }));
    }
    let timeout = request["timeout"].as_u64().map(Duration::from_millis);
    let sent = handle.send_and_wait(queue, body, SendAndWaitOpts { timeout }).await?;
    let mut shown = match sent.status {
        QueueSendStatus::Completed => json!({ "status": "completed" }),
        QueueSendStatus::TimedOut => json!({ "status": "timedOut" }),
        QueueSendStatus::Other(status) => json!({ "status": status }),
    };
    if let Some(response) = sent.response {
        shown["response"] = response;
    }
    Ok(shown)
}

fn client(request: &Value) -> Result<Client> {
    let encoding = match text(request, "encoding")? {
        "json" => EncodingKind::Json,
        "cbor" => EncodingKind::Cbor,
        "bare" => EncodingKind::Bare,
        other => bail!("no such encoding: {other}"),
    };
    Ok(Client::new(ClientConfig::new(text(request, "url")?).encoding(encoding)))
}

fn handle(request: &Value) -> Result<ActorHandle> {
    let client = client(request)?;
    let actor = text(request, "actor")?;
    let params = request.get("params").cloned();
    match text(request, "by")? {
        "get" => client.get(actor, key(request)?, GetOptions { params }),
        "getOrCreate" => {
            let create_with_input = request.get("input").cloned();
            let options = GetOrCreateOptions { params, create_with_input, ..GetOrCreateOptions::default() };
            client.get_or_create(actor, key(request)?, options)
        }
        "id" => client.get_for_id(actor, text(request, "id")?, GetOptions { params }),
        other => bail!("no such addressing: {other}"),
    }
}

fn key(request: &Value) -> Result<Vec<String>> {
    let key = request["key"].as_array().context("key")?;
    key.iter().map(|part| Ok(part.as_str().context("a part of the key")?.to_owned())).collect()
}

fn args(request: &Value) -> Result<Vec<Value>> {
    Ok(request["args"].as_array().context("args")?.clone())
}

fn text<'a>(request: &'a Value, field: &'static str) -> Result<&'a str> {
    request[field].as_str().context(field)
}

fn number(request: &Value, field: &'static str) -> Result<usize> {
    Ok(request[field].as_u64().context(field)? as usize)
}

/// The client tells errors as text only: over HTTP `action failed (group/code): message, metadata=..`, over a
/// connection `RPC Error(group/code): message, ..`.
fn describe(error: &anyhow::Error) -> Value {
    let text = format!("{error:#}");
    let over_http = || parse(text.strip_prefix("action failed (")?, ", metadata=");
    let over_connection = || parse(text.strip_prefix("RPC Error(")?, ", ");
    over_http()
        .or_else(over_connection)
        .unwrap_or_else(|| json!({ "group": "driver", "code": "exception", "message": text }))
}

fn parse(rest: &str, before_metadata: &str) -> Option<Value> {
    let (path, rest) = rest.split_once("): ")?;
    let (group, code) = path.split_once('/')?;
    let (message, _) = rest.rsplit_once(before_metadata)?;
    Some(json!({ "group": group, "code": code, "message": message }))
}
