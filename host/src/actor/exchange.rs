//! A raw HTTP request on its way through an actor, and the answer on its way back.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use parking_lot::Mutex;
use rivet_ground::{ActorError, CallId, OperationId, Outcome, RequestHead};
use tokio::sync::{mpsc, oneshot};

use crate::actor::awake::Awake;
use crate::actor::call::RawError;

/// A raw HTTP request.
pub struct RawRequest {
    /// Its head. The path is the actor's own, with its query.
    pub head: RequestHead,
    /// Its body, piece by piece; closed at its end.
    pub body: RequestBody,
}

/// The body of a raw request, as it comes in.
pub type RequestBody = mpsc::Receiver<Result<Bytes, ActorError>>;

/// The head of an actor's answer to a raw request, with the body that follows.
#[derive(Debug)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, Bytes)>,
    /// The body.
    pub body: ResponseBody,
}

/// What became of a raw request: none when the actor takes no raw requests.
pub type RawReply = Result<Option<RawResponse>, RawError>;

/// The body of an answer, as the actor makes it. Its length is bounded where the actor writes.
#[derive(Debug)]
pub struct ResponseBody {
    pieces: mpsc::UnboundedReceiver<Piece>,
    ended: bool,
    /// Tells the actor when nobody reads any more. Dropped with the body.
    _reader: Reader,
}

/// Whoever reads an answer.
#[derive(Debug)]
struct Reader {
    request: CallId,
    to: mpsc::UnboundedSender<Outside>,
}

/// What happens outside of an actor to something that the guest has begun.
#[derive(Debug)]
pub(super) enum Outside {
    /// An operation ended.
    Ended(OperationId, Box<Outcome>),
    /// Nobody reads the answer to a raw request any more.
    Left(CallId),
    /// Somebody wants to know what keeps the actor awake.
    Asked(oneshot::Sender<Awake>),
    /// The host is going down: falling asleep must not take long.
    Hurry,
}

impl Drop for Reader {
    fn drop(&mut self) {
        // An instance that has ended need not know.
        drop(self.to.send(Outside::Left(self.request)));
    }
}

/// The answer broke off: the actor gave it up, or ended.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the actor broke its answer off")]
pub struct BrokenOff;

impl ResponseBody {
    /// The next piece; none at the end.
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context).map(|piece| match piece {
            Some(Piece::Data(data, written)) => {
                written.complete(Ok(Bytes::new()));
                Some(Ok(data))
            }
            Some(Piece::End) => {
                self.ended = true;
                None
            }
            None => {
                self.ended = true;
                Some(Err(BrokenOff))
            }
        })
    }
}

/// What goes through the body of an answer.
#[derive(Debug)]
pub(super) enum Piece {
    Data(Bytes, Completion),
    End,
}

/// A raw request that the guest has taken.
pub(super) struct Exchange {
    /// Who waits for the head; none once it was given.
    pub(super) answer: Option<oneshot::Sender<RawReply>>,
    request: Arc<Source>,
    response: Option<mpsc::UnboundedSender<Piece>>,
}

impl Exchange {
    pub(super) fn new(answer: oneshot::Sender<RawReply>, request: RequestBody) -> Self {
        Self { answer: Some(answer), request: Arc::new(Source::new(request)), response: None }
    }

    /// Reads on in the request, outside of the actor.
    pub(super) fn read(&self, completion: Completion) {
        self.request.clone().read(completion);
    }

    /// Gives a read up. False if it has ended already: then what it read has to be [given back](Self::give_back).
    pub(super) fn cancel_read(&self, operation: OperationId) -> bool {
        self.request.state.lock().wanting.take_if(|wanting| wanting.operation == operation).is_some()
    }

    /// Takes back what was read for nobody, for the next read.
    pub(super) fn give_back(&self, outcome: Outcome) {
        self.request.state.lock().unread = Some(outcome);
    }

    /// The head of the answer, for who waits for it.
    pub(super) fn respond(
        &mut self,
        request: CallId,
        to: mpsc::UnboundedSender<Outside>,
        status: u16,
        headers: Vec<(String, Bytes)>,
    ) -> Option<(oneshot::Sender<RawReply>, RawResponse)> {
        let (sender, pieces) = mpsc::unbounded_channel();
        self.response = Some(sender);
        let body = ResponseBody { pieces, ended: false, _reader: Reader { request, to } };
        Some((self.answer.take()?, RawResponse { status, headers, body }))
    }

    /// The way for pieces of the answer, once it has a head.
    pub(super) fn response(&self) -> Option<mpsc::UnboundedSender<Piece>> {
        self.response.clone()
    }
}

impl Drop for Exchange {
    /// Ends a read that the request did not wait for: the operation is over, too.
    fn drop(&mut self) {
        drop(self.request.state.lock().wanting.take());
    }
}

/// The body of a request, read one piece at a time. A read that is given up loses nothing.
struct Source {
    body: tokio::sync::Mutex<RequestBody>,
    state: Mutex<ReadState>,
}

struct ReadState {
    /// Who gets the next piece.
    wanting: Option<Completion>,
    /// A piece that nobody wanted when it came.
    unread: Option<Outcome>,
    /// Whether somebody waits for the next piece to come.
    waiting: bool,
}

impl Source {
    fn new(body: RequestBody) -> Self {
        let state = ReadState { wanting: None, unread: None, waiting: false };
        Self { body: tokio::sync::Mutex::new(body), state: Mutex::new(state) }
    }

    fn read(self: Arc<Self>, completion: Completion) {
        let state = &mut *self.state.lock();
        if let Some(outcome) = state.unread.take() {
            if outcome.is_err() {
                // A body that broke off stays so.
                state.unread = Some(outcome.clone());
            }
            return completion.complete(outcome);
        }
        state.wanting = Some(completion);
        if !std::mem::replace(&mut state.waiting, true) {
            let source = self.clone();
            tokio::spawn(async move {
                let piece = source.body.lock().await.recv().await.unwrap_or(Ok(Bytes::new()));
                // Completed under the lock: whoever gives the read up finds it either here or among the completions.
                let state = &mut *source.state.lock();
                state.waiting = false;
                let wanting = state.wanting.take();
                if wanting.is_none() || piece.is_err() {
                    state.unread = Some(piece.clone());
                }
                if let Some(completion) = wanting {
                    completion.complete(piece);
                }
            });
        }
    }
}

/// Completes an operation of an actor, from wherever it ends; if it is dropped, because the client of a raw request is gone, with
/// an error.
#[derive(Debug)]
pub(super) struct Completion {
    to: Option<mpsc::UnboundedSender<Outside>>,
    operation: OperationId,
}

impl Completion {
    pub(super) fn new(to: mpsc::UnboundedSender<Outside>, operation: OperationId) -> Self {
        Self { to: Some(to), operation }
    }

    pub(super) fn complete(mut self, outcome: Outcome) {
        self.send(outcome);
    }

    fn send(&mut self, outcome: Outcome) {
        // An instance that has ended needs no completions.
        let _gone = self.to.take().map(|to| to.send(Outside::Ended(self.operation, Box::new(outcome))));
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if self.to.is_some() {
            self.send(Err(ActorError::new("request", "aborted", "the client is gone")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &'static str) -> Result<Bytes, ActorError> {
        Ok(Bytes::from_static(text.as_bytes()))
    }

    fn ended(outside: Option<Outside>) -> (OperationId, Outcome) {
        match outside {
            Some(Outside::Ended(operation, outcome)) => (operation, *outcome),
            other => panic!("no end: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_read_that_is_given_up_loses_nothing() {
        let (body, request) = mpsc::channel(2);
        let (completions, mut completed) = mpsc::unbounded_channel();
        let exchange = Exchange::new(oneshot::channel().0, request);
        let read = |operation| exchange.read(Completion::new(completions.clone(), operation));
        read(1);
        assert!(exchange.cancel_read(1));
        assert!(matches!(completed.recv().await, Some(Outside::Ended(1, outcome)) if outcome.is_err()));
        body.send(piece("a")).await.unwrap();
        read(2);
        assert_eq!(ended(completed.recv().await), (2, piece("a")));
        assert!(!exchange.cancel_read(2));
        exchange.give_back(piece("a"));
        body.send(piece("b")).await.unwrap();
        drop(body);
        for (operation, text) in [(3, "a"), (4, "b"), (5, ""), (6, "")] {
            read(operation);
            assert_eq!(ended(completed.recv().await), (operation, piece(text)));
        }
    }

    #[tokio::test]
    async fn a_request_that_broke_off_stays_so() {
        let (body, request) = mpsc::channel(1);
        let (completions, mut completed) = mpsc::unbounded_channel();
        let exchange = Exchange::new(oneshot::channel().0, request);
        body.send(Err(ActorError::new("request", "body_too_large", ""))).await.unwrap();
        drop(body);
        for operation in 1..3 {
            exchange.read(Completion::new(completions.clone(), operation));
            assert!(matches!(completed.recv().await, Some(Outside::Ended(_, outcome)) if outcome.is_err()));
        }
    }

    #[tokio::test]
    async fn a_read_ends_with_its_request() {
        let (_body, request) = mpsc::channel(1);
        let (completions, mut completed) = mpsc::unbounded_channel();
        let exchange = Exchange::new(oneshot::channel().0, request);
        exchange.read(Completion::new(completions, 1));
        drop(exchange);
        assert!(matches!(completed.recv().await, Some(Outside::Ended(1, outcome)) if outcome.is_err()));
    }

    #[tokio::test]
    async fn a_body_whose_end_was_not_said_is_broken_off() {
        let (_, request) = mpsc::channel(1);
        let mut exchange = Exchange::new(oneshot::channel().0, request);
        let (completions, mut completed) = mpsc::unbounded_channel();
        let (_, mut response) = exchange.respond(5, completions.clone(), 200, vec![]).unwrap();
        let sender = exchange.response().unwrap();
        sender.send(Piece::Data(Bytes::from_static(b"x"), Completion::new(completions, 9))).unwrap();
        drop((exchange, sender));
        let mut next = async || std::future::poll_fn(|context| response.body.poll_next(context)).await;
        assert_eq!(next().await.unwrap().unwrap(), "x");
        assert_eq!(ended(completed.recv().await), (9, piece("")));
        assert!(next().await.unwrap().is_err());
        assert!(next().await.is_none());
        drop(response);
        assert!(matches!(completed.recv().await, Some(Outside::Left(5))));
    }
}
