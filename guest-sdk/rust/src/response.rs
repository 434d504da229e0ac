//! Answers to raw HTTP requests.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;

use crate::host::request;
use crate::operation::Operation;
use crate::{Error, Result};

/// An answer to a raw HTTP request.
///
/// ```
/// # use rivet_guest::Response;
/// Response::new(201).header("location", "/notes/1").body("made");
/// Response::new(200).stream(|mut body| async move {
///     for line in ["one\n", "two\n"] {
///         body.write(line).await?;
///     }
///     Ok(())
/// });
/// ```
#[must_use = "an answer is given by returning it"]
pub struct Response {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    content: Content,
}

/// The body of an answer while it is streamed.
#[derive(Debug)]
pub struct Body {
    call: u64,
}

enum Content {
    Bytes(Vec<u8>),
    Stream(Stream),
}

/// Status, headers and body.
#[cfg(not(target_family = "wasm"))]
type Whole = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

type Stream = Box<dyn FnOnce(Body) -> Pin<Box<dyn Future<Output = Result<()>>>>>;

impl Response {
    /// An answer with a status from 200 to 599, and nothing else. Another status, or a header that HTTP does
    /// not allow, reaches the client as `request.invalid_head`.
    pub fn new(status: u16) -> Self {
        Self { status, headers: vec![], content: Content::Bytes(vec![]) }
    }

    /// 200 with a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(200).header("content-type", "text/plain; charset=utf-8").body(text.into())
    }

    /// 200 with JSON. Fails when the value's own `Serialize` does.
    pub fn json<T: Serialize>(value: &T) -> Result<Self> {
        Ok(Self::new(200).header("content-type", "application/json").body(serde_json::to_vec(value)?))
    }

    /// The same answer with another status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().to_vec()));
        self
    }

    /// The same answer with this body. Past 20 MiB it breaks off: stream what is larger.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.content = Content::Bytes(body.into());
        self
    }

    /// The same answer with a body that this future writes, beside the actions and without the actor. When it
    /// returns, the body is complete; an error breaks it off.
    pub fn stream<F>(mut self, write: impl FnOnce(Body) -> F + 'static) -> Self
    where
        F: Future<Output = Result<()>> + 'static,
    {
        self.content = Content::Stream(Box::new(|body| Box::pin(write(body))));
        self
    }

    /// Status, headers and body; none if it streams.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn into_whole(self) -> Option<Whole> {
        match self.content {
            Content::Bytes(body) => Some((self.status, self.headers, body)),
            Content::Stream(_) => None,
        }
    }

    /// Gives the answer to a call, all of it. What fails is answered by the caller, and that breaks the body
    /// off.
    pub(crate) async fn send(self, call: u64) -> Result<()> {
        request::respond(call, self.status, &self.headers)?;
        match self.content {
            // The host keeps what nobody waited for until the client has taken it.
            Content::Bytes(body) if body.is_empty() => {}
            Content::Bytes(body) => {
                request::write(call, &body)?;
            }
            Content::Stream(write) => write(Body { call }).await?,
        }
        request::finish(call).map_err(Error::from)
    }
}

impl Body {
    /// Writes a piece, and waits until the client has taken it on.
    ///
    /// Fails with `request.aborted` when the client is gone, and with `request.not_found` when the stream has
    /// ended.
    pub async fn write(&mut self, piece: impl AsRef<[u8]>) -> Result<()> {
        let piece = piece.as_ref();
        if piece.is_empty() {
            return Ok(());
        }
        let taken = Operation::new(request::write(self.call, piece)?);
        taken.await.map(|_nothing| ())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let streams = matches!(self.content, Content::Stream(_));
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("streams", &streams)
            .finish_non_exhaustive()
    }
}
