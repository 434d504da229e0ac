//! One request and its answer, over a connection of its own.

use std::pin::pin;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::header::{self, HeaderValue};
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rivet_ground::{ActorError, FetchRequest, Share, limits};
use url::{Position, Url};

use crate::egress::connect::Stream;
use crate::egress::failure;
use crate::egress::redirect;

/// What a server answers.
pub(super) enum Answer {
    Redirect(StatusCode, Url),
    Whole(Response),
}

pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Sends a request and reads its answer: that of a redirect, if it is to be followed, only as far as its head. The connection
/// ends with it, and if it is dropped.
pub(super) async fn exchange(
    stream: Box<dyn Stream>,
    request: &FetchRequest,
    follows: bool,
    bodies: &mut Share,
) -> Result<Answer, ActorError> {
    let broken = |error: hyper::Error| {
        failure("failed", format!("the exchange with {} failed: {}", request.url, words(&error)))
    };
    let message = message(request)?;
    let mut builder = http1::Builder::new();
    builder.max_buf_size(limits::FETCH_HEAD_BYTES).max_headers(limits::FETCH_HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answering = async {
        let (head, body) = sender.send_request(message).await.map_err(broken)?.into_parts();
        check_head(&head.headers, request)?;
        // One that is not followed is an answer, wherever it leads.
        if follows && let Some(target) = redirect::target(&request.url, head.status, &head.headers)? {
            return Ok(Answer::Redirect(head.status, target));
        }
        let body = read(body, request, bodies).await?;
        Ok(Answer::Whole(Response { status: head.status, headers: head.headers, body }))
    };
    // Both here, in one future: when it goes, the connection goes.
    match select(pin!(answering), pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answering)) => answering.await,
    }
}

/// A request as it is written to the server.
fn message(request: &FetchRequest) -> Result<Request<Full<Bytes>>, ActorError> {
    let url = &request.url;
    let invalid = || failure("invalid_url", format!("{url} cannot be written into a request"));
    let target: Uri = url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| invalid())?;
    let host =
        HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(|_| invalid())?;
    let mut message = Request::new(Full::new(request.body.clone()));
    *message.method_mut() = request.method.clone();
    *message.uri_mut() = target;
    let headers = message.headers_mut();
    headers.insert(header::HOST, host);
    headers.extend(request.headers.clone());
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(message)
}

/// What the host calls itself when the guest does not.
const USER_AGENT: &str = concat!("rivet-host/", env!("CARGO_PKG_VERSION"));

/// The bound of the buffer above is one of what is waited for, not of what may have come at once.
fn check_head(headers: &HeaderMap, request: &FetchRequest) -> Result<(), ActorError> {
    let head_bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if head_bytes <= limits::FETCH_HEAD_BYTES {
        return Ok(());
    }
    let message =
        format!("the head of the answer of {} has more than {} bytes", request.url, limits::FETCH_HEAD_BYTES);
    Err(failure("failed", message))
}

/// Reads a body within its bound.
async fn read(mut body: Incoming, request: &FetchRequest, bodies: &mut Share) -> Result<Vec<u8>, ActorError> {
    let too_large = || {
        let message = format!("the answer of {} has more than {} bytes", request.url, request.body_max_bytes);
        failure("body_too_large", message)
    };
    if body.size_hint().lower() > request.body_max_bytes as u64 {
        return Err(too_large());
    }
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            failure("failed", format!("the answer of {} broke off: {}", request.url, words(&error)))
        })?;
        // What follows the body, headers of its own, is left out.
        let Ok(piece) = frame.into_data() else { continue };
        if piece.len() > request.body_max_bytes - read.len() {
            return Err(too_large());
        }
        bodies.take(piece.len())?;
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

/// An error and what it comes from, in one line.
fn words(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}
