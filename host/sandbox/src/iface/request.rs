//! `rivet:actor/request`.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use rivet_ground::{ActorError, CallId, Effect, OperationId, cut, limits};

use crate::bindings::rivet::actor::request::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::calls::OpenCall;
use crate::iface::inside::Inside;
use crate::iface::operation::Pending;
use crate::iface::to_wit;

/// How far a raw request is.
#[derive(Default)]
pub(super) struct Exchange {
    /// Whether a piece of its body was asked for and has not come.
    pub(super) reading: bool,
    /// Whether the answer has a head.
    responded: bool,
    /// Bytes of the answer's body that nobody is known to have taken on.
    pub(super) backlog_bytes: usize,
}

impl Host for Guest {
    fn read(&mut self, request: CallId) -> wasmtime::Result<Result<OperationId, Error>> {
        Ok(self.inside.read_body(request).map_err(to_wit))
    }

    fn respond(
        &mut self,
        request: CallId,
        status: u16,
        headers: Vec<(String, Vec<u8>)>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.respond(request, status, headers).map_err(to_wit))
    }

    fn write(&mut self, request: CallId, piece: Vec<u8>) -> wasmtime::Result<Result<OperationId, Error>> {
        Ok(self.inside.write_body(request, piece.into()).map_err(to_wit))
    }

    fn finish(&mut self, request: CallId) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.finish_body(request).map_err(to_wit))
    }
}

impl Inside {
    /// A raw request that is open.
    pub(super) fn exchange(&mut self, request: CallId) -> Result<&mut Exchange, ActorError> {
        self.overlay()?;
        match self.open_calls.get_mut(&request) {
            Some(OpenCall::Request(exchange)) => Ok(exchange),
            _ => Err(refused("not_found", format!("call {request} is no open request"))),
        }
    }

    fn read_body(&mut self, request: CallId) -> Result<OperationId, ActorError> {
        if self.exchange(request)?.reading {
            return Err(refused("busy", "the body is being read: wait for the piece that was asked for"));
        }
        self.check_say(0)?;
        let operation = self.start_operation(Pending::Read { request })?;
        self.exchange(request)?.reading = true;
        self.say(Effect::ReadBody { request, operation }, 0)?;
        Ok(operation)
    }

    fn respond(
        &mut self,
        request: CallId,
        status: u16,
        headers: Vec<(String, Vec<u8>)>,
    ) -> Result<(), ActorError> {
        if self.exchange(request)?.responded {
            return Err(refused("responded", "the answer has a head already"));
        }
        let (headers, len_bytes) = check_head(status, headers)?;
        self.say(Effect::Respond { request, status, headers }, len_bytes)?;
        self.exchange(request)?.responded = true;
        Ok(())
    }

    fn write_body(&mut self, request: CallId, piece: Bytes) -> Result<OperationId, ActorError> {
        let len_bytes = piece.len();
        let backlog_bytes = self.responded(request)?.backlog_bytes.saturating_add(len_bytes);
        if backlog_bytes > limits::RESPONSE_BACKLOG_BYTES {
            let message = format!(
                "{backlog_bytes} bytes of the answer would wait to be taken on, over the limit of {}: wait for \
                 the pieces before",
                limits::RESPONSE_BACKLOG_BYTES
            );
            return Err(refused("backlog_full", message));
        }
        self.check_say(len_bytes)?;
        let operation = self.start_operation(Pending::Write { request, len_bytes })?;
        self.exchange(request)?.backlog_bytes = backlog_bytes;
        self.say(Effect::WriteBody { request, operation, piece }, len_bytes)?;
        Ok(operation)
    }

    fn finish_body(&mut self, request: CallId) -> Result<(), ActorError> {
        self.responded(request)?;
        self.say(Effect::FinishBody { request }, 0)?;
        self.open_calls.remove(&request);
        Ok(())
    }

    fn responded(&mut self, request: CallId) -> Result<&mut Exchange, ActorError> {
        let exchange = self.exchange(request)?;
        if exchange.responded {
            return Ok(exchange);
        }
        Err(refused("not_responded", "the answer has no head yet: give it with `respond` first"))
    }
}

/// What a header counts beside its name and its value: `: ` and the line's end. It bounds their number as well.
const HEADER_BYTES: usize = 4;

/// The headers and the size of a head that HTTP allows.
fn check_head(
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
) -> Result<(Vec<(String, Bytes)>, usize), ActorError> {
    if !(200..=599).contains(&status) {
        return Err(refused("invalid_head", format!("the status is {status}, and must be 200 to 599")));
    }
    let len_bytes = headers.iter().map(|(name, value)| HEADER_BYTES + name.len() + value.len()).sum();
    if len_bytes > limits::RESPONSE_HEAD_BYTES {
        let message =
            format!("the headers have {len_bytes} bytes, over the limit of {}", limits::RESPONSE_HEAD_BYTES);
        return Err(refused("invalid_head", message));
    }
    let headers = headers.into_iter().map(check_header).collect::<Result<_, _>>()?;
    Ok((headers, len_bytes))
}

/// A header that HTTP allows, its name in lower case.
fn check_header((name, value): (String, Vec<u8>)) -> Result<(String, Bytes), ActorError> {
    let Ok(known) = HeaderName::from_bytes(name.as_bytes()) else {
        let name = cut(&name, limits::REPORT_TEXT_BYTES);
        return Err(refused("invalid_head", format!("{name:?} is no name of an HTTP header")));
    };
    let value = Bytes::from(value);
    if HeaderValue::from_maybe_shared(value.clone()).is_err() {
        let message = format!("the header {known} has a value that HTTP does not allow");
        return Err(refused("invalid_head", message));
    }
    Ok((known.as_str().to_owned(), value))
}

fn refused(code: &str, message: impl Into<String>) -> ActorError {
    ActorError::new("request", code, message)
}

#[cfg(test)]
mod tests {
    use rivet_ground::{Event, EventKind};

    use super::*;
    use crate::iface::workbench::{Workbench, nobody};

    const CALL: u64 = 7;

    /// An inside with an open request.
    fn asked(bench: &Workbench) -> Inside {
        let mut inside = bench.inside();
        inside.begin_turn(&Event::bare(EventKind::Request, CALL));
        inside
    }

    fn complete(inside: &mut Inside, operation: OperationId) {
        inside.begin_turn(&Event::bare(EventKind::Completion, operation));
    }

    fn code<T: std::fmt::Debug>(result: Result<T, ActorError>) -> String {
        result.unwrap_err().path()
    }

    fn ok_head(inside: &mut Inside) {
        inside.respond(CALL, 200, vec![]).unwrap();
    }

    #[test]
    fn an_answer_is_a_head_pieces_and_an_end() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        assert_eq!(code(inside.write_body(CALL, Bytes::new())), "request.not_responded");
        assert_eq!(code(inside.finish_body(CALL)), "request.not_responded");
        inside.respond(CALL, 599, vec![("X-One".to_owned(), b"1".to_vec())]).unwrap();
        assert_eq!(code(inside.respond(CALL, 200, vec![])), "request.responded");
        let operation = inside.write_body(CALL, Bytes::from_static(b"piece")).unwrap();
        inside.finish_body(CALL).unwrap();
        assert_eq!(code(inside.finish_body(CALL)), "request.not_found");
        let effects = inside.end_turn(true).unwrap().effects;
        let [
            Effect::Respond { request: CALL, status: 599, headers },
            Effect::WriteBody { request: CALL, operation: written, piece },
            Effect::FinishBody { request: CALL },
        ] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert_eq!(headers, &[("x-one".to_owned(), Bytes::from_static(b"1"))]);
        assert_eq!((*written, piece.as_ref()), (operation, b"piece".as_slice()));
        // A completion after the end is no completion of something else.
        complete(&mut inside, operation);
        assert!(inside.pending_operations.is_empty());
    }

    #[test]
    fn heads_that_http_does_not_allow_are_refused_and_another_may_follow() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        for status in [0, 101, 199, 600] {
            assert_eq!(code(inside.respond(CALL, status, vec![])), "request.invalid_head", "{status}");
        }
        let fits = limits::RESPONSE_HEAD_BYTES - HEADER_BYTES - 1;
        let bad =
            [("", b"x".to_vec()), ("a b", vec![]), ("a", b"1\r\nb: 2".to_vec()), ("a", vec![b'x'; fits + 1])];
        for (name, value) in bad {
            let head = vec![(name.to_owned(), value)];
            assert_eq!(code(inside.respond(CALL, 200, head)), "request.invalid_head", "{name:?}");
        }
        inside.respond(CALL, 200, vec![("a".to_owned(), vec![b'x'; fits])]).unwrap();
        assert_eq!(inside.end_turn(true).unwrap().effects.len(), 1);
    }

    #[test]
    fn one_piece_is_read_at_a_time() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        let operation = inside.read_body(CALL).unwrap();
        assert_eq!(code(inside.read_body(CALL)), "request.busy");
        complete(&mut inside, operation);
        inside.read_body(CALL).unwrap();
        let effects = inside.end_turn(true).unwrap().effects;
        assert!(matches!(effects.as_slice(), [Effect::ReadBody { .. }, Effect::ReadBody { .. }]));
    }

    #[test]
    fn what_nobody_took_on_is_bounded() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        ok_head(&mut inside);
        let half = Bytes::from(vec![0; limits::RESPONSE_BACKLOG_BYTES / 2]);
        let first = inside.write_body(CALL, half.clone()).unwrap();
        let second = inside.write_body(CALL, half.clone()).unwrap();
        let one = Bytes::from_static(&[1]);
        assert_eq!(code(inside.write_body(CALL, one.clone())), "request.backlog_full");
        complete(&mut inside, first);
        inside.write_body(CALL, half).unwrap();
        // One that was given up is not waited for.
        inside.cancel(second);
        assert_eq!(code(inside.write_body(CALL, one.clone())), "request.backlog_full");
        // The bound is each answer's own.
        inside.begin_turn(&Event::bare(EventKind::Request, CALL + 1));
        inside.respond(CALL + 1, 200, vec![]).unwrap();
        inside.write_body(CALL + 1, one).unwrap();
    }

    #[test]
    fn an_error_ends_a_request_and_an_output_does_not() {
        let bench = Workbench::new();
        let refusal = || Err(ActorError::new("user", "no", "no"));
        for responded in [false, true] {
            let mut inside = asked(&bench);
            if responded {
                ok_head(&mut inside);
            }
            assert!(!inside.reply(CALL, Ok(Bytes::new())));
            assert!(inside.exchange(CALL).is_ok());
            assert!(inside.reply(CALL, refusal()));
            assert!(!inside.reply(CALL, refusal()));
            let effects = inside.end_turn(true).unwrap().effects;
            assert!(
                matches!(effects.last(), Some(Effect::Reply { call: CALL, outcome: Err(_) })),
                "{effects:?}"
            );
            assert_eq!(effects.len(), 1 + usize::from(responded));
        }
    }

    #[test]
    fn only_open_requests_are_answered() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        inside.begin_turn(&Event::bare(EventKind::Action, CALL + 1));
        inside.close_call(CALL);
        for call in [CALL, CALL + 1, CALL + 2] {
            assert_eq!(code(inside.read_body(call)), "request.not_found");
            assert_eq!(code(inside.respond(call, 200, vec![])), "request.not_found");
            assert_eq!(code(inside.write_body(call, Bytes::new())), "request.not_found");
            assert_eq!(code(inside.finish_body(call)), "request.not_found");
        }
        assert_eq!(code(nobody().respond(1, 200, vec![])), "actor.invalid_operation");
        assert_eq!(code(nobody().read_body(1)), "actor.invalid_operation");
    }

    #[test]
    fn what_this_turn_began_is_taken_back_but_for_what_is_said() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        let read = inside.read_body(CALL).unwrap();
        inside.cancel(read);
        assert!(inside.effects.is_empty());
        inside.read_body(CALL).unwrap();
        ok_head(&mut inside);
        let write = inside.write_body(CALL, Bytes::from_static(&[1])).unwrap();
        inside.cancel(write);
        inside.cancel(write);
        let effects = inside.end_turn(true).unwrap().effects;
        let [
            Effect::ReadBody { .. },
            Effect::Respond { .. },
            Effect::WriteBody { operation, .. },
            Effect::Cancel { operation: cancelled },
        ] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert_eq!((*operation, *cancelled), (write, write));
    }

    #[test]
    fn a_read_of_an_earlier_turn_is_given_up() {
        let bench = Workbench::new();
        let mut inside = asked(&bench);
        let read = inside.read_body(CALL).unwrap();
        inside.end_turn(true).unwrap();
        inside.cancel(read);
        inside.read_body(CALL).unwrap();
        let effects = inside.end_turn(true).unwrap().effects;
        let [Effect::Cancel { operation }, Effect::ReadBody { .. }] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        assert_eq!(*operation, read);
    }
}
