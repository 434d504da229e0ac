//! What a test's stand-in for the host finds outside.

use std::collections::VecDeque;

use serde_cbor::Value;

use super::{error, host};
use crate::bindings::component::rivet::actor::fetch::Request;
use crate::host::HostError;
use crate::{Error, Response};

/// Answers requests, or fails with a code.
type Answers = Box<dyn FnMut(&Request) -> Result<Response, &'static str>>;

/// All there is outside.
#[derive(Default)]
pub(in crate::testing) struct Web {
    /// None lets nothing be reached.
    pub answers: Option<Answers>,
    /// What was answered, of which the actor has yet to be told.
    pub answered: VecDeque<(u64, Result<Vec<u8>, HostError>)>,
}

impl Web {
    /// Forgets an operation that was given up.
    pub fn forget(&mut self, operation: u64) {
        self.answered.retain(|(other, _)| *other != operation);
    }
}

pub(crate) fn send(request: &Request) -> Result<u64, HostError> {
    // It may look at the actor: the host is not held meanwhile.
    let mut answers = host(|host| host.web.answers.take());
    let response = answers.as_mut().map_or(Err("denied"), |answers| answers(request));
    let outcome = response
        .map_err(|code| error("fetch", code, "The test says so."))
        .and_then(|response| encode(&request.url, response));
    Ok(host(|host| {
        host.web.answers = answers;
        let operation = host.start_operation();
        host.web.answered.push_back((operation, outcome));
        operation
    }))
}

fn encode(url: &str, response: Response) -> Result<Vec<u8>, HostError> {
    let Some((status, headers, body)) = response.into_whole() else {
        return Err(error("fetch", "failed", "A test answers with a whole body."));
    };
    let header = |(name, value): (String, _)| {
        Value::Array(vec![Value::Text(name.to_ascii_lowercase()), Value::Bytes(value)])
    };
    let fields = [
        ("status", Value::Integer(status.into())),
        ("url", Value::Text(url.to_owned())),
        ("headers", Value::Array(headers.into_iter().map(header).collect())),
        ("body", Value::Bytes(body)),
    ];
    let map = fields.map(|(name, value)| (Value::Text(name.to_owned()), value));
    crate::to_cbor(&Value::Map(map.into())).map_err(|error: Error| error.as_host().clone())
}
