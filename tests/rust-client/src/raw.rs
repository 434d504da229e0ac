//! Raw HTTP, and raw WebSockets called by their numbers.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rivetkit_client::RawWebSocket;
use rivetkit_client::handle::ActorHandle;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::{number, text};

/// How much of an answer is shown.
const TEXT_BYTES: usize = 4096;

/// The raw WebSockets of this process.
#[derive(Default)]
pub struct Sockets(Vec<Socket>);

struct Socket {
    stream: RawWebSocket,
    messages: Vec<Value>,
    end: Option<Value>,
}

/// Sends a raw request.
pub async fn fetch(handle: &ActorHandle, request: &Value) -> Result<Value> {
    let mut headers = HeaderMap::new();
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        let value = HeaderValue::from_str(value.as_str().context("a header's value")?)?;
        headers.insert(HeaderName::from_bytes(name.as_bytes())?, value);
    }
    let sent = match (request.get("text"), request.get("mib")) {
        (Some(text), _) => Some(text.as_str().context("text")?.as_bytes().to_vec()),
        (_, Some(_)) => Some(bytes(number(request, "mib")?)),
        (None, None) => None,
    };
    let method = Method::from_bytes(text(request, "method")?.as_bytes())?;
    let body = sent.clone().map(Into::into);
    let response = handle.fetch(text(request, "path")?, method, headers, body).await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let received = response.bytes().await?;
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Ok(json!({
        "status": status,
        "headers": headers.iter().map(header).collect::<BTreeMap<_, _>>(),
        "text": String::from_utf8_lossy(received.get(..TEXT_BYTES).unwrap_or(&received)),
        "echoed": received == sent.unwrap_or_default(),
    }))
}

/// So many MiB, of which no two pieces are alike.
fn bytes(mib: usize) -> Vec<u8> {
    (0..(mib << 20) as u32 / 4).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

impl Sockets {
    /// Opens a raw WebSocket and gives its number.
    pub async fn open(&mut self, handle: &ActorHandle, request: &Value) -> Result<Value> {
        let stream = handle.web_socket(text(request, "path")?, None).await?;
        self.0.push(Socket { stream, messages: Vec::new(), end: None });
        Ok(json!(self.0.len() - 1))
    }

    /// Performs any other operation on a socket.
    pub async fn perform(&mut self, request: &Value) -> Result<Value> {
        let socket = self.0.get_mut(number(request, "socket")?).context("no such socket")?;
        match text(request, "op")? {
            "send" => {
                socket.stream.send(message(&request["message"])?).await?;
                Ok(Value::Null)
            }
            "messages" => {
                let count = number(request, "count")?;
                while socket.messages.len() < count {
                    socket.receive().await?;
                }
                Ok(json!(socket.messages))
            }
            "close" => {
                let code = (number(request, "code")? as u16).into();
                let reason = text(request, "reason")?.to_owned().into();
                socket.stream.close(Some(CloseFrame { code, reason })).await?;
                Ok(Value::Null)
            }
            "closed" => loop {
                if let Some(end) = &socket.end {
                    return Ok(end.clone());
                }
                socket.receive().await?;
            },
            other => bail!("no such operation: {other}"),
        }
    }
}

impl Socket {
    async fn receive(&mut self) -> Result<()> {
        match self.stream.next().await.context("the socket has ended")?? {
            Message::Text(text) => self.messages.push(json!(text.as_str())),
            Message::Binary(bytes) => self.messages.push(json!({ "$bytes": bytes.to_vec() })),
            Message::Close(frame) => {
                let (code, reason) =
                    frame.map_or((1005, String::new()), |f| (u16::from(f.code), f.reason.to_string()));
                self.end = Some(json!({ "code": code, "reason": reason }));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        Ok(())
    }
}

fn message(value: &Value) -> Result<Message> {
    if let Some(text) = value.as_str() {
        return Ok(Message::text(text));
    }
    let bytes = value["$bytes"].as_array().context("a text or bytes")?;
    let byte = |byte: &Value| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()).context("a byte");
    Ok(Message::binary(bytes.iter().map(byte).collect::<Result<Vec<u8>>>()?))
}
