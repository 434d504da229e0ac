//! Raw HTTP requests to the actor under test.

use super::imports::HOST;
use super::imports::request::Exchange;
use super::turn::{deliver, event, head, next_call, take_answer};
use super::{Call, TestActor, waits};
use crate::bindings::component::exports::rivet::actor::guest::Event;
use crate::dispatch::REQUEST;
use crate::{Actor, Result};

/// An answer to a raw HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResponse {
    /// The status.
    pub status: u16,
    /// The headers in their order, names as the actor wrote them.
    pub headers: Vec<(String, String)>,
    /// All of the body.
    pub body: Vec<u8>,
}

/// Bytes in one piece of a request's body.
const PIECE_BYTES: usize = 16 << 10;

impl<A: Actor> TestActor<A> {
    /// Sends a raw request, whose body arrives in pieces of 16 KiB, and takes the answer.
    ///
    /// Fails when the hook or its stream does, and with `actor.action_timed_out` when one of them waits.
    pub fn fetch(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Result<TestResponse> {
        let call = self.send_request(method, path, headers, body)?;
        self.response(call).ok_or_else(|| waits(path))?
    }

    /// Sends a raw request and leaves it running.
    pub fn send_request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Result<Call> {
        let call = next_call();
        let unread = body.as_ref().chunks(PIECE_BYTES).map(<[u8]>::to_vec).collect();
        let mut exchange = Exchange { unread, ..Exchange::default() };
        if A::MANIFEST.hooks.request {
            let payload = head(method, path, headers)?;
            HOST.with_borrow_mut(|host| host.requests.insert(call, exchange));
            deliver::<A>(Event { payload, ..event(REQUEST, call) });
        } else {
            exchange.status = Some(404);
            HOST.with_borrow_mut(|host| {
                host.requests.insert(call, exchange);
                host.answers.insert(call, Ok(vec![]));
            });
        }
        Ok(Call(call))
    }

    /// The whole answer to a raw request, once; `None` while it is not complete.
    pub fn response(&mut self, Call(call): Call) -> Option<Result<TestResponse>> {
        let answer = take_answer(call)?;
        let exchange = HOST.with_borrow_mut(|host| host.requests.remove(&call)).unwrap_or_default();
        Some(answer.map(|_nothing| {
            let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
            let headers = exchange.headers.into_iter().map(|(name, value)| (name, text(value))).collect();
            TestResponse { status: exchange.status.unwrap_or_default(), headers, body: exchange.body }
        }))
    }
}
