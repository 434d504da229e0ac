//! Bodies of requests, of a bounded size and in a bounded time.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body;
use rivet_ground::{ActorError, limits};

const PATIENCE: Duration = Duration::from_millis(limits::REQUEST_WAIT_MS);

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum BodyError {
    /// It is too long. What was too much has been read and dropped, so that the client sees the answer.
    #[error("the body of the request is longer than {limit_bytes} bytes")]
    TooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// It did not come in time.
    #[error("the body of the request did not arrive within {} ms", limits::REQUEST_WAIT_MS)]
    Late,
    /// The connection broke, or the body is not HTTP.
    #[error("the body of the request broke off: {0}")]
    Broken(String),
}

/// Reads a whole body, in [`limits::REQUEST_WAIT_MS`].
pub(crate) async fn collect<B>(body: B, limit_bytes: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    collect_within(PATIENCE, body, limit_bytes).await
}

async fn collect_within<B>(patience: Duration, mut body: B, limit_bytes: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    match within(patience, join(&mut body, limit_bytes)).await {
        Err(error @ BodyError::TooLong { .. }) => {
            discard(&mut body, limits::MANAGEMENT_BODY_BYTES).await;
            Err(error)
        }
        collected => collected,
    }
}

async fn join<B>(body: &mut B, limit_bytes: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    // Nearly every body is one chunk: that one is not copied.
    let mut first = Bytes::new();
    let mut whole = Vec::new();
    while let Some(chunk) = data(body).await? {
        if first.len() + whole.len() + chunk.len() > limit_bytes {
            return Err(BodyError::TooLong { limit_bytes });
        }
        if whole.is_empty() && first.is_empty() {
            first = chunk;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(if whole.is_empty() { first } else { whole.into() })
}

/// The next piece of a long body, in [`limits::REQUEST_WAIT_MS`]; none at its end.
pub(crate) async fn next<B>(body: &mut B) -> Result<Option<Bytes>, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    within(PATIENCE, data(body)).await
}

/// Reads what is left of a body that is refused, up to `limit_bytes` and for [`limits::REQUEST_WAIT_MS`]: a client that
/// is cut off while it sends may never read the answer.
pub(crate) async fn discard<B>(body: &mut B, limit_bytes: usize)
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let mut left = limit_bytes;
    let reading = async {
        while let Some(chunk) = data(body).await? {
            match left.checked_sub(chunk.len()) {
                Some(less) => left = less,
                None => break,
            }
        }
        Ok(())
    };
    // The request is refused in any case.
    within(PATIENCE, reading).await.ok();
}

async fn data<B>(body: &mut B) -> Result<Option<Bytes>, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) => return Err(BodyError::Broken(error.to_string())),
            // Anything else is the trailers.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

async fn within<T>(
    patience: Duration,
    reading: impl Future<Output = Result<T, BodyError>>,
) -> Result<T, BodyError> {
    tokio::time::timeout(patience, reading).await.unwrap_or(Err(BodyError::Late))
}

impl BodyError {
    /// The error that the way to an actor answers with.
    pub(crate) fn into_host_error(self) -> ActorError {
        let code = match self {
            Self::TooLong { .. } => "invalid_request_body",
            Self::Late => "request_timeout",
            Self::Broken(_) => "bad_request_body",
        };
        ActorError::new("guard", code, self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, StreamExt};
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    async fn collected(chunks: &[&'static [u8]], limit_bytes: usize) -> Result<Bytes, BodyError> {
        let frames: Vec<_> = chunks
            .iter()
            .map(|chunk| Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(chunk))))
            .collect();
        collect(StreamBody::new(stream::iter(frames)), limit_bytes).await
    }

    #[tokio::test]
    async fn chunks_are_joined() {
        assert_eq!(collected(&[], 4).await.unwrap(), "");
        assert_eq!(collected(&[b"ab"], 4).await.unwrap(), "ab");
        assert_eq!(collected(&[b"a", b"", b"bc", b"d"], 4).await.unwrap(), "abcd");
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_refused() {
        assert!(matches!(collected(&[b"abcde"], 4).await, Err(BodyError::TooLong { limit_bytes: 4 })));
        assert!(matches!(collected(&[b"abc", b"de"], 4).await, Err(BodyError::TooLong { .. })));
    }

    #[tokio::test]
    async fn a_body_that_drips_for_ever_is_late() {
        // Each chunk comes at once: what is bounded is how long all of them take.
        let drip = stream::repeat(()).then(|()| async {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>(Frame::data(Bytes::new()))
        });
        let result = collect_within(Duration::from_millis(1), StreamBody::new(Box::pin(drip)), 4).await;
        assert!(matches!(result, Err(BodyError::Late)), "{result:?}");
    }

    #[tokio::test]
    async fn what_is_refused_is_read_up_to_a_bound() {
        let mut sent = 0;
        let endless = stream::repeat_with(|| {
            sent += 1;
            Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"ab")))
        });
        discard(&mut StreamBody::new(endless), 8).await;
        assert_eq!(sent, 5);
    }

    #[tokio::test]
    async fn a_broken_body_is_an_error() {
        let frames = [Err::<Frame<Bytes>, _>(std::io::Error::other("reset"))];
        let result = collect(StreamBody::new(stream::iter(frames)), 4).await;
        assert!(matches!(result, Err(BodyError::Broken(_))));
    }
}
