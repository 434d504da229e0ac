//! The raw requests of a test's stand-in for the host.

use std::collections::VecDeque;

use super::{Host, error, host};
use crate::host::HostError;

/// A raw request, and as much of its answer as there is.
#[derive(Default)]
pub(in crate::testing) struct Exchange {
    /// The pieces of the body that were not read yet.
    pub unread: VecDeque<Vec<u8>>,
    /// None before the head was given.
    pub status: Option<u16>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Host {
    fn exchange(&mut self, call: u64) -> Result<&mut Exchange, HostError> {
        let open = !self.answers.contains_key(&call);
        self.requests
            .get_mut(&call)
            .filter(|_| open)
            .ok_or_else(|| error("request", "not_found", "There is no such open request."))
    }
}

pub(crate) fn read(request: u64) -> Result<u64, HostError> {
    host(|host| {
        let piece = host.exchange(request)?.unread.pop_front().unwrap_or_default();
        let operation = host.start_operation();
        host.completions.push_back((operation, piece));
        Ok(operation)
    })
}

pub(crate) fn respond(request: u64, status: u16, headers: &[(String, Vec<u8>)]) -> Result<(), HostError> {
    host(|host| {
        let exchange = host.exchange(request)?;
        if exchange.status.is_some() {
            return Err(error("request", "responded", "The request has a head already."));
        }
        if !(200..=599).contains(&status) {
            return Err(error("request", "invalid_head", "A status is from 200 to 599."));
        }
        exchange.status = Some(status);
        exchange.headers = headers.to_vec();
        Ok(())
    })
}

pub(crate) fn write(request: u64, piece: &[u8]) -> Result<u64, HostError> {
    host(|host| {
        let exchange = host.exchange(request)?;
        if exchange.status.is_none() {
            return Err(error("request", "not_responded", "The head comes before the body."));
        }
        exchange.body.extend_from_slice(piece);
        let operation = host.start_operation();
        host.completions.push_back((operation, vec![]));
        Ok(operation)
    })
}

pub(crate) fn finish(request: u64) -> Result<(), HostError> {
    host(|host| {
        host.exchange(request)?;
        host.answer(request, Ok(vec![]));
        Ok(())
    })
}
