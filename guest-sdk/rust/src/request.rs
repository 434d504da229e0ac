//! Raw HTTP requests.

use std::ops::Deref;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::host::request;
use crate::operation::Operation;
use crate::{Error, Result};

/// The head of a request: of a raw one, or of the one that a connection began with.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct RequestHead {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

/// A raw HTTP request: its head, which it derefs to, and its body, which is read piece by piece. It may
/// outlive the hook, and move into [`crate::Response::stream`].
#[derive(Debug)]
pub struct Request {
    call: u64,
    head: Rc<RequestHead>,
    ended: bool,
}

impl RequestHead {
    /// The method, in upper case as a rule.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path with its query: of a raw request or a raw WebSocket below `/request` or `/websocket`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the question mark; `None` without one.
    pub fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }

    /// All headers in their order, names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of this name, in whatever case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Request {
    pub(crate) fn new(call: u64, head: Rc<RequestHead>) -> Self {
        Self { call, head, ended: false }
    }

    /// The next piece of the body, of some KiB; `None` at its end. It waits for the client: in an
    /// `on_request` that takes `&mut self` everybody else waits as well.
    ///
    /// Fails with `request.aborted` when the client is gone, and with `request.body_too_large` past 20 MiB.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        let piece = Operation::new(request::read(self.call)?).await?;
        self.ended = piece.is_empty();
        Ok((!self.ended).then_some(piece))
    }

    /// What is left of the body. Fails like [`Request::chunk`].
    pub async fn bytes(&mut self) -> Result<Vec<u8>> {
        let mut body = vec![];
        while let Some(piece) = self.chunk().await? {
            body.extend(piece);
        }
        Ok(body)
    }

    /// What is left of the body, as text. Fails with `validation.invalid_body` when it is no UTF-8, and like
    /// [`Request::chunk`].
    pub async fn text(&mut self) -> Result<String> {
        String::from_utf8(self.bytes().await?).map_err(|error| invalid(error.to_string()))
    }

    /// What is left of the body, as JSON. Fails with `validation.invalid_body` when it is none, or of another
    /// shape, and like [`Request::chunk`].
    pub async fn json<T: DeserializeOwned>(&mut self) -> Result<T> {
        serde_json::from_slice(&self.bytes().await?).map_err(|error| invalid(error.to_string()))
    }
}

impl Deref for Request {
    type Target = RequestHead;

    fn deref(&self) -> &RequestHead {
        &self.head
    }
}

fn invalid(text: String) -> Error {
    Error::validation("invalid_body", format!("the body of the request: {text}"))
}
