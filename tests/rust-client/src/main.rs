//! Drives the crate `rivetkit-client` for a test, by the line protocol of `tests/js/driver.mjs`.

use std::io::{BufRead, Write};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rivetkit_client::handle::ActorHandle;
use rivetkit_client::{Client, ClientConfig, CreateOptions, EncodingKind, GetOptions, GetOrCreateOptions};
use serde_json::{Value, json};

/// How long an answer is waited for: a client waits for its host for ever, a test does not.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    for line in std::io::stdin().lock().lines() {
        let request = serde_json::from_str(&line?)?;
        let answer = match tokio::time::timeout(PATIENCE, perform(&request)).await {
            Ok(Ok(value)) => json!({ "ok": value }),
            Ok(Err(error)) => json!({ "error": describe(&error) }),
            Err(elapsed) => json!({ "error": describe(&elapsed.into()) }),
        };
        writeln!(std::io::stdout(), "{answer}")?;
    }
    Ok(())
}

async fn perform(request: &Value) -> Result<Value> {
    let client = client(request)?;
    match text(request, "op")? {
        "call" => {
            let args = request["args"].as_array().context("args")?.clone();
            handle(&client, request)?.action(text(request, "action")?, args).await
        }
        "resolve" => Ok(handle(&client, request)?.resolve().await?.into()),
        "create" => {
            let options = CreateOptions { input: request.get("input").cloned(), ..CreateOptions::default() };
            let handle = client.create(text(request, "actor")?, key(request)?, options).await?;
            Ok(handle.resolve().await?.into())
        }
        other => bail!("no such operation: {other}"),
    }
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

fn handle(client: &Client, request: &Value) -> Result<ActorHandle> {
    let actor = text(request, "actor")?;
    match text(request, "by")? {
        "get" => client.get(actor, key(request)?, GetOptions::default()),
        "getOrCreate" => {
            let input = request.get("input").cloned();
            let options = GetOrCreateOptions { create_with_input: input, ..GetOrCreateOptions::default() };
            client.get_or_create(actor, key(request)?, options)
        }
        "id" => client.get_for_id(actor, text(request, "id")?, GetOptions::default()),
        other => bail!("no such addressing: {other}"),
    }
}

fn key(request: &Value) -> Result<Vec<String>> {
    let key = request["key"].as_array().context("key")?;
    key.iter().map(|part| Ok(part.as_str().context("a part of the key")?.to_owned())).collect()
}

fn text<'a>(request: &'a Value, field: &'static str) -> Result<&'a str> {
    request[field].as_str().context(field)
}

/// The client tells errors as text only: `action failed (group/code): message, metadata=..`.
fn describe(error: &anyhow::Error) -> Value {
    let text = format!("{error:#}");
    let parsed = text.strip_prefix("action failed (").and_then(|rest| {
        let (path, rest) = rest.split_once("): ")?;
        let (group, code) = path.split_once('/')?;
        let (message, _) = rest.rsplit_once(", metadata=")?;
        Some(json!({ "group": group, "code": code, "message": message }))
    });
    parsed.unwrap_or_else(|| json!({ "group": "driver", "code": "exception", "message": text }))
}
