//! The handshake of a WebSocket (RFC 6455 section 4.2, client-protocol.md section 8.1).

use hyper::StatusCode;
use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use rivet_ground::ActorError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::wire::answer::{self, HttpResponse};
use crate::wire::tokens::Tokens;

const VERSION: HeaderValue = HeaderValue::from_static("13");
/// Bytes of a key in base64: 16 before (RFC 6455 section 4.1).
const KEY_BYTES: usize = 24;

/// Opens a WebSocket: the response to send, and the socket that there is then.
///
/// # Errors
/// The response to a request that asks for no WebSocket, or that may not have one.
#[allow(clippy::result_large_err, reason = "either way it is sent at once")]
pub(crate) fn accept(head: &mut Parts) -> Result<(HttpResponse, OnUpgrade), HttpResponse> {
    let opened = check(&head.headers).and_then(|key| {
        // hyper leaves it out for HTTP/1.0, which has no upgrades.
        let upgrade = head.extensions.remove::<OnUpgrade>().ok_or_else(upgrade_required)?;
        Ok((key, upgrade))
    });
    match opened {
        Ok((key, upgrade)) => Ok((switching(&key, Tokens::of(&head.headers).rivet), upgrade)),
        Err(error) => {
            let mut response = answer::from_host(&error);
            if response.status() == StatusCode::UPGRADE_REQUIRED {
                let headers = response.headers_mut();
                headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
                headers.insert(SEC_WEBSOCKET_VERSION, VERSION);
            }
            Err(response)
        }
    }
}

/// The `Sec-WebSocket-Accept` for a handshake.
fn check(headers: &HeaderMap) -> Result<String, ActorError> {
    if !(lists(headers, UPGRADE, "websocket") && lists(headers, CONNECTION, "upgrade")) {
        return Err(upgrade_required());
    }
    if headers.get(SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        let message = "this host speaks version 13 of the WebSocket protocol";
        return Err(ActorError::new("guard", "websocket_version", message));
    }
    match headers.get(SEC_WEBSOCKET_KEY) {
        Some(key) if key.len() == KEY_BYTES => Ok(derive_accept_key(key.as_bytes())),
        _ => {
            let message = "`Sec-WebSocket-Key` is missing, or is not 16 bytes in base64";
            Err(ActorError::new("guard", "websocket_key", message))
        }
    }
}

fn upgrade_required() -> ActorError {
    ActorError::new("guard", "upgrade_required", "open a WebSocket here: a plain request has no answer")
}

/// Whether a header lists a name, in whatever case.
fn lists(headers: &HeaderMap, header: HeaderName, name: &str) -> bool {
    let lines = headers.get_all(header).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|listed| listed.trim().eq_ignore_ascii_case(name))
}

fn switching(accept: &str, rivet: bool) -> HttpResponse {
    let mut response = answer::empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if rivet {
        // Browsers close a WebSocket whose protocols are all left unanswered.
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("rivet"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The handshake of RFC 6455 section 1.3, with one header changed.
    fn handshake(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "WebSocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            (name, value),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_handshake_of_the_rfc_is_answered() {
        let accept = check(&handshake("origin", "http://a.example")).unwrap();
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let response = switching(&accept, true);
        assert_eq!(response.status(), 101);
        assert_eq!(response.headers()[SEC_WEBSOCKET_PROTOCOL], "rivet");
        assert!(switching(&accept, false).headers().get(SEC_WEBSOCKET_PROTOCOL).is_none());
    }

    #[test]
    fn what_is_no_handshake_is_refused() {
        for (name, value, code, status) in [
            ("connection", "close", "guard.upgrade_required", 426),
            ("upgrade", "h2c", "guard.upgrade_required", 426),
            ("sec-websocket-version", "8", "guard.websocket_version", 426),
            ("sec-websocket-key", "short", "guard.websocket_key", 400),
        ] {
            let error = check(&handshake(name, value)).unwrap_err();
            assert_eq!(error.path(), code, "{name}: {value}");
            assert_eq!(answer::from_host(&error).status(), status);
        }
    }

    #[test]
    fn a_plain_request_is_told_what_to_do() {
        let (mut head, ()) = hyper::Request::get("http://h/connect").body(()).unwrap().into_parts();
        let response = accept(&mut head).unwrap_err();
        assert_eq!(response.status(), 426);
        assert_eq!(response.headers()[UPGRADE], "websocket");
    }
}
