//! Raw HTTP requests: the actor's own business, streamed both ways (client-protocol.md section 5).

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use hyper::{Response, StatusCode};
use rivet_ground::{ActorError, limits};
use tokio::sync::mpsc;

use crate::gateway::{RawAnswer, RawRequest, RawResponse, RequestBody, Target};
use crate::wire::actor_request::ActorRequest;
use crate::wire::answer::{self, HttpResponse};
use crate::wire::answer_body::AnswerBody;
use crate::wire::body::{self, BodyError};
use crate::wire::service::Service;

/// The headers that speak of one connection, not of the answer (RFC 9110 section 7.6.1); hyper writes its own.
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Answers a raw request at a path of an actor.
pub(crate) async fn respond(
    service: &Service,
    target: &Target,
    request: &ActorRequest,
    path: &str,
    body: Incoming,
) -> HttpResponse {
    let head = request.seen_raw_at(path);
    let raw = RawRequest { head, body: pieces(body) };
    let RawAnswer { actor, outcome } = match service.gateway.request(target, raw).await {
        Ok(answer) => answer,
        Err(error) => return answer::from_host(&error),
    };
    let mut response = match outcome {
        Ok(Some(response)) => streamed(response),
        // As every actor that has no handler.
        Ok(None) => answer::empty(StatusCode::NOT_FOUND),
        Err(error) => return answer::from_actor(request.format_without_body(), &error, Some(&actor)),
    };
    answer::name_actor(&mut response, &actor);
    response
}

/// The pieces of a body, read as fast as the actor takes them.
fn pieces(body: Incoming) -> RequestBody {
    let (sender, pieces) = mpsc::channel(1);
    if !body.is_end_stream() {
        tokio::spawn(pump(body, limits::REQUEST_BODY_BYTES, sender));
    }
    pieces
}

/// Gives a body to whoever wants it. What nobody wants is read all the same, up to a bound: a connection whose request is
/// not read to its end is closed, perhaps while the client sends its next request.
async fn pump<B>(mut body: B, mut left_bytes: usize, to: mpsc::Sender<Result<Bytes, ActorError>>)
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    loop {
        let read = tokio::select! {
            read = body::next(&mut body) => read,
            () = to.closed() => return body::discard(&mut body, limits::REQUEST_BODY_BYTES).await,
        };
        let piece = match read {
            Ok(None) => return,
            Ok(Some(piece)) => match left_bytes.checked_sub(piece.len()) {
                Some(left) => {
                    left_bytes = left;
                    Ok(piece)
                }
                None => Err(refused(&BodyError::TooLong { limit_bytes: limits::REQUEST_BODY_BYTES })),
            },
            Err(error) => Err(refused(&error)),
        };
        let ended = piece.is_err();
        if to.send(piece).await.is_err() && !ended {
            return body::discard(&mut body, limits::REQUEST_BODY_BYTES).await;
        }
        if ended {
            return;
        }
    }
}

fn refused(error: &BodyError) -> ActorError {
    let code = match error {
        BodyError::TooLong { .. } => "body_too_large",
        BodyError::Late | BodyError::Broken(_) => "aborted",
    };
    ActorError::new("request", code, error.to_string())
}

fn streamed(raw: RawResponse) -> HttpResponse {
    let mut response = Response::new(AnswerBody::Streamed(raw.body));
    // The sandbox lets none through that is no status.
    *response.status_mut() = StatusCode::from_u16(raw.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers(raw.headers);
    response
}

/// The headers of an actor's answer that go to the client.
fn headers(given: Vec<(String, Bytes)>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(given.len() + answer::HEADERS);
    for (name, value) in given {
        let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_maybe_shared(value))
        else {
            continue;
        };
        headers.append(name, value);
    }
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
    // With a length that is none, or several, hyper would break the answer off.
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let length = lengths.next().filter(|_| lengths.next().is_none());
    let is_length = |value: &HeaderValue| {
        let digits = value.as_bytes().iter().all(u8::is_ascii_digit);
        digits && value.to_str().is_ok_and(|text| text.parse::<u64>().is_ok())
    };
    if !length.is_some_and(is_length) {
        headers.remove(CONTENT_LENGTH);
    }
    headers
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    async fn pumped(
        chunks: Vec<Result<&'static [u8], std::io::Error>>,
        limit_bytes: usize,
    ) -> Vec<Result<Bytes, String>> {
        let frames =
            chunks.into_iter().map(|chunk| chunk.map(|chunk| Frame::data(Bytes::from_static(chunk))));
        let (sender, mut pieces) = mpsc::channel(1);
        let body = StreamBody::new(stream::iter(frames));
        tokio::spawn(pump(body, limit_bytes, sender));
        let mut received = Vec::new();
        while let Some(piece) = pieces.recv().await {
            received.push(piece.map_err(|error| error.path()));
        }
        received
    }

    #[tokio::test]
    async fn bodies_come_in_pieces() {
        assert_eq!(pumped(vec![Ok(b"ab"), Ok(b"c")], 3).await, [Ok("ab".into()), Ok("c".into())]);
        assert_eq!(pumped(vec![], 3).await, []);
    }

    #[tokio::test]
    async fn what_ends_a_body_early_is_told() {
        let long = pumped(vec![Ok(b"ab"), Ok(b"cd"), Ok(b"e")], 3).await;
        assert_eq!(long, [Ok("ab".into()), Err("request.body_too_large".to_owned())]);
        let broken = pumped(vec![Ok(b"ab"), Err(std::io::Error::other("reset"))], 3).await;
        assert_eq!(broken, [Ok("ab".into()), Err("request.aborted".to_owned())]);
    }

    #[tokio::test]
    async fn a_body_that_nobody_reads_is_dropped_up_to_a_bound() {
        const PIECE_BYTES: usize = 1 << 20;
        let (sender, pieces) = mpsc::channel(1);
        drop(pieces);
        let mut pieces_read = 0;
        let endless = stream::repeat_with(|| {
            pieces_read += 1;
            Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(&[0; PIECE_BYTES])))
        });
        pump(StreamBody::new(endless), usize::MAX, sender).await;
        assert!(pieces_read > limits::REQUEST_BODY_BYTES / PIECE_BYTES, "{pieces_read}");
    }

    #[test]
    fn only_the_headers_of_the_answer_go_through() {
        let headers = |given: &[(&str, &'static str)]| {
            headers(given.iter().map(|(name, value)| ((*name).to_owned(), Bytes::from(*value))).collect())
        };
        let kept = headers(&[
            ("Content-Type", "text/plain"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("bad name", "1"),
            ("content-length", "12"),
        ]);
        let mut names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-length", "content-type", "set-cookie", "set-cookie"]);
        assert!(headers(&[("content-length", "+1")]).is_empty());
        assert!(headers(&[("content-length", "1"), ("content-length", "2")]).is_empty());
    }
}
