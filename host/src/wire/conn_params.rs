//! What a client gives along with a connection (client-protocol.md sections 5, 6 and 8.1).

use std::borrow::Cow;

use bytes::Bytes;
use hyper::header::HeaderMap;
use percent_encoding::percent_decode_str;
use rivet_codec::value;
use rivet_ground::{ActorError, limits};

const HEADER: &str = "x-rivet-conn-params";
const NULL: Bytes = Bytes::from_static(&[0xf6]);

/// The parameters in the header of an HTTP call, as one CBOR value; null if it has none.
///
/// # Errors
/// `actor.invalid_request` for what is no JSON text of at most [`limits::CONN_PARAMS_BYTES`].
pub(crate) fn of_header(request: &HeaderMap) -> Result<Bytes, ActorError> {
    request.get(HEADER).map_or(Ok(NULL), |value| from_json(value.as_bytes()))
}

/// The parameters in the token of a WebSocket, as one CBOR value; null if it has none.
///
/// # Errors
/// As [`of_header`].
pub(crate) fn of_token(token: Option<&str>) -> Result<Bytes, ActorError> {
    token.map_or(Ok(NULL), |token| from_json(&Cow::from(percent_decode_str(token))))
}

fn from_json(text: &[u8]) -> Result<Bytes, ActorError> {
    if text.len() > limits::CONN_PARAMS_BYTES {
        let limit_bytes = limits::CONN_PARAMS_BYTES;
        return Err(invalid(&format!("they have {} bytes, over the limit of {limit_bytes}", text.len())));
    }
    value::from_json(text).map(Bytes::from).map_err(|reason| invalid(&reason.to_string()))
}

fn invalid(reason: &str) -> ActorError {
    let message = format!("the connection parameters cannot be read, send one JSON value: {reason}");
    ActorError::actor("invalid_request", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(value: &str) -> Result<Bytes, ActorError> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, value.parse().unwrap());
        of_header(&headers)
    }

    #[test]
    fn params_are_json() {
        assert_eq!(of_header(&HeaderMap::new()).unwrap(), NULL);
        assert_eq!(header(r#"{"a":1}"#).unwrap(), b"\xa1\x61a\x01"[..]);
        assert_eq!(of_token(None).unwrap(), NULL);
        assert_eq!(of_token(Some("%7B%22a%22%3A1%7D")).unwrap(), b"\xa1\x61a\x01"[..]);
        assert_eq!(of_token(Some("null")).unwrap(), NULL);
    }

    #[test]
    fn what_is_no_json_or_too_long_is_refused() {
        for broken in ["", "{", "%ff", "1 2", "%"] {
            assert_eq!(of_token(Some(broken)).unwrap_err().path(), "actor.invalid_request", "{broken}");
        }
        let fits = format!("\"{}\"", "x".repeat(limits::CONN_PARAMS_BYTES - 2));
        assert!(header(&fits).is_ok());
        assert!(header(&format!("[{fits}]")).unwrap_err().message.contains("4098 bytes"));
    }
}
