//! What a client says in `Sec-WebSocket-Protocol` (client-protocol.md section 8.1).

use hyper::header::{HeaderMap, SEC_WEBSOCKET_PROTOCOL};
use percent_encoding::percent_decode_str;

/// The tokens of a client that mean something to this host. Of one that is given twice the first counts.
///
/// `rivet_token.` and `rivet_skip_ready_wait` are taken without effect: this host asks for no token there, and has no
/// other way to a ready actor. So are those that it does not know, such as `rivet_conn.` of old clients.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens<'a> {
    /// Whether the client wants to hear that its protocol is spoken here.
    pub(crate) rivet: bool,
    /// The name of the encoding.
    pub(crate) encoding: Option<&'a str>,
    /// The parameters of the connection: percent-encoded JSON.
    pub(crate) conn_params: Option<&'a str>,
    to_actor: bool,
    actor: Option<&'a str>,
}

impl<'a> Tokens<'a> {
    /// The tokens of a request.
    pub(crate) fn of(request: &'a HeaderMap) -> Self {
        let lines = request.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|line| line.to_str().ok());
        let mut tokens = Self::default();
        for token in lines.flat_map(|line| line.split(',')).map(str::trim) {
            tokens.take(token);
        }
        tokens
    }

    fn take(&mut self, token: &'a str) {
        let (name, value) = token.split_once('.').unwrap_or((token, ""));
        match name {
            "rivet" if token == name => self.rivet = true,
            "rivet_encoding" => self.encoding = self.encoding.or(Some(value)),
            "rivet_conn_params" => self.conn_params = self.conn_params.or(Some(value)),
            "rivet_target" => self.to_actor |= value == "actor",
            "rivet_actor" => self.actor = self.actor.or(Some(value)),
            _ => {}
        }
    }

    /// The id of the actor that the tokens address, whatever it looks like; none if they address no actor.
    pub(crate) fn actor(&self) -> Option<String> {
        let id = percent_decode_str(self.actor.unwrap_or_default());
        self.to_actor.then(|| id.decode_utf8_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], expected: Tokens<'_>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(SEC_WEBSOCKET_PROTOCOL, line.parse().unwrap());
        }
        assert_eq!(Tokens::of(&headers), expected, "{lines:?}");
    }

    /// The lines of npm `rivetkit` 2.3.19 and of the crate `rivetkit-client`.
    #[test]
    fn the_lines_of_clients_are_read() {
        check(
            &["rivet, rivet_encoding.json, rivet_conn_params.%7B%22tok%22%3A%22w%20s%22%7D"],
            Tokens {
                rivet: true,
                encoding: Some("json"),
                conn_params: Some("%7B%22tok%22%3A%22w%20s%22%7D"),
                ..Tokens::default()
            },
        );
        check(
            &[
                "rivet, rivet_target.actor, rivet_actor.a%2Db, rivet_encoding.bare, rivet_token.t, rivet_conn.c",
            ],
            Tokens {
                rivet: true,
                encoding: Some("bare"),
                to_actor: true,
                actor: Some("a%2Db"),
                ..Tokens::default()
            },
        );
    }

    #[test]
    fn what_is_no_token_means_nothing() {
        check(&[], Tokens::default());
        check(&[" ,, chat.v2,rivet.x,rivet_target.runner,rivet_skip_ready_wait"], Tokens::default());
        let twice = Tokens { encoding: Some("cbor"), ..Tokens::default() };
        check(&["rivet_encoding.cbor", "rivet_encoding.json"], twice);
    }

    #[test]
    fn actors_are_addressed_by_two_tokens() {
        let actor = |line: &'static str| {
            let mut tokens = Tokens::default();
            line.split(',').for_each(|token| tokens.take(token));
            tokens.actor()
        };
        assert_eq!(actor("rivet_target.actor,rivet_actor.a%2Db").as_deref(), Some("a-b"));
        assert_eq!(actor("rivet_target.actor").as_deref(), Some(""));
        assert_eq!(actor("rivet_actor.a"), None);
    }
}
