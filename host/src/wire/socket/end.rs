//! How a socket ends.

use rivet_ground::{ActorError, CloseReason, cut, limits};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::wire::stream;

/// How a socket ends.
#[derive(Debug)]
pub(super) struct End {
    /// What both sides are told.
    pub(super) reason: CloseReason,
    /// Who begins, and what can still be done.
    pub(super) manner: Manner,
}

/// Who ends a socket, and what can still be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// This side: it says so, and waits for the answer.
    Ours,
    /// This side, which cannot make out what the other one sends any more.
    Deaf,
    /// This side, because the other one does not read.
    Slow,
    /// The other side: it gets its answer.
    Theirs,
    /// The network: nobody is there to be told.
    Lost,
}

impl End {
    /// The actor wants it, or the host.
    pub(super) fn ours(code: u16, reason: impl Into<String>) -> Self {
        let reason = CloseReason { code, reason: reason.into() };
        Self { reason, manner: Manner::Ours }
    }

    /// An error, as clients read it from a close (client-protocol.md section 8.4).
    pub(super) fn of_error(error: &ActorError) -> Self {
        Self::ours(1011, cut(&error.path(), limits::CLOSE_REASON_BYTES))
    }

    /// The host is shutting down. Clients connect anew (client-protocol.md section 8.4).
    pub(super) fn going_away() -> Self {
        Self::ours(1001, "ws.going_away")
    }

    /// The client does not read what it is sent.
    pub(super) fn slow() -> Self {
        Self { manner: Manner::Slow, ..Self::ours(1013, "ws.slow_consumer") }
    }

    /// The connection broke. The code is for the actor alone (RFC 6455 section 7.1.5).
    pub(super) fn lost() -> Self {
        Self { manner: Manner::Lost, ..Self::ours(1006, "") }
    }

    /// The client closes, with or without a reason.
    pub(super) fn theirs(frame: Option<CloseFrame>) -> Self {
        // 1005 of RFC 6455 section 7.1.5: there was no code.
        let end = frame.map_or_else(
            || Self::ours(1005, ""),
            |frame| Self::ours(frame.code.into(), frame.reason.as_str()),
        );
        Self { manner: Manner::Theirs, ..end }
    }

    /// The socket failed: what the client sent cannot be read (client-protocol.md section 8.4), or it does not read.
    pub(super) fn failed(error: &Error) -> Self {
        let deaf = |code, reason: &str| Self { manner: Manner::Deaf, ..Self::ours(code, reason) };
        match error {
            Error::Capacity(_) => deaf(1011, "message.incoming_too_long"),
            Error::Utf8(_) => deaf(1007, "message.invalid_utf8"),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::lost(),
            Error::Protocol(_) => deaf(1002, "ws.protocol_error"),
            Error::Io(error) if stream::is_stall(error) => Self::slow(),
            _ => Self::lost(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    fn check(end: &End, manner: Manner, code: u16, reason: &str) {
        assert_eq!((end.manner, end.reason.code, end.reason.reason.as_str()), (manner, code, reason));
    }

    #[test]
    fn ends_have_codes() {
        check(&End::theirs(None), Manner::Theirs, 1005, "");
        let frame = CloseFrame { code: CloseCode::Normal, reason: "Disposed".into() };
        check(&End::theirs(Some(frame)), Manner::Theirs, 1000, "Disposed");
        check(&End::of_error(&ActorError::new("user", "nope", "no")), Manner::Ours, 1011, "user.nope");
        check(&End::failed(&Error::Utf8(String::new())), Manner::Deaf, 1007, "message.invalid_utf8");
        let reset = Error::Protocol(ProtocolError::ResetWithoutClosingHandshake);
        check(&End::failed(&reset), Manner::Lost, 1006, "");
        let reserved = Error::Protocol(ProtocolError::NonZeroReservedBits);
        check(&End::failed(&reserved), Manner::Deaf, 1002, "ws.protocol_error");
        check(&End::failed(&std::io::Error::other("reset").into()), Manner::Lost, 1006, "");
    }
}
