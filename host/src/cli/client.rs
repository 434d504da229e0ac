//! One request to a running host.

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Sends a request to a path below the URL of a host; the status and the JSON of its answer.
///
/// # Errors
/// No host answers there.
pub(super) async fn send<B>(
    url: &Uri,
    token: Option<&str>,
    (method, path): (Method, &str),
    (len_bytes, body): (usize, B),
) -> anyhow::Result<(StatusCode, Value)>
where
    B: Body<Data = Bytes, Error: std::error::Error + Send + Sync> + Send + 'static,
{
    let authority = url.authority().context("--url needs a host, such as http://127.0.0.1:6420")?;
    if url.scheme_str() != Some("http") {
        bail!("--url must start with http:// (put a tunnel or a proxy in front for TLS)");
    }
    let address = (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
    let stream = TcpStream::connect(address).await.with_context(|| format!("no host answers at {url}"))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let path = format!("{}{path}", url.path().trim_end_matches('/'));
    let mut request = Request::builder().method(method).uri(path).header(header::HOST, authority.as_str());
    request = request.header(header::CONTENT_LENGTH, len_bytes);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let response = sender.send_request(request.body(body)?).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    let answer = serde_json::from_slice(&body).with_context(|| format!("{url} is no rivet-host"))?;
    Ok((status, answer))
}

/// A field of an answer, as text.
pub(super) fn text(answer: &Value, field: &str) -> Option<String> {
    answer.get(field).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
