//! What goes through a socket: the messages of a client, or those of a raw WebSocket.

use std::sync::Arc;

use bytes::Bytes;
use rivet_codec::{
    Client, CodecError, Encoding, Format, ToClient, ToServer, Version, decode_to_server, put_to_client,
};
use rivet_ground::{ActorError, ConnectionKind, SocketMessage, limits};
use tokio_tungstenite::tungstenite::Message;

use crate::gateway::{ActorSpecifier, Broadcast, Incoming, Outgoing};
use crate::wire::answer;
use crate::wire::socket::end::End;
use crate::wire::socket::frame::{self, Frame, HEAD_BYTES, Opcode};

/// What goes through a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// The messages of a client (client-protocol.md section 8.3).
    Client(Format),
    /// Whatever actor and client say to each other.
    Raw,
}

impl Protocol {
    /// The protocol of a client that asks for an encoding; without one it is JSON.
    ///
    /// # Errors
    /// How to close a socket whose encoding nobody knows.
    pub(super) fn of_client(encoding: Option<&str>, client: Client) -> Result<Self, End> {
        let encoding = match encoding {
            None | Some("json") => Encoding::Json,
            Some("cbor") => Encoding::Cbor,
            // Until the client has said which version it speaks: this one all of them can read
            // (client-protocol.md section 7).
            Some("bare") => Encoding::Bare(Version::V3),
            Some(_) => return Err(End::ours(1003, "actor.unsupported_websocket_encoding")),
        };
        Ok(Self::Client(Format { encoding, client }))
    }

    /// What the actor knows the connection as.
    pub(super) fn kind(self) -> ConnectionKind {
        match self {
            Self::Client(_) => ConnectionKind::Client,
            Self::Raw => ConnectionKind::WebSocket,
        }
    }

    /// The longest message that may come in.
    pub(super) fn message_bytes(self) -> usize {
        match self {
            Self::Client(_) => limits::MESSAGE_IN_BYTES,
            Self::Raw => limits::SOCKET_MESSAGE_BYTES,
        }
    }

    /// What tells a client that it was let in.
    pub(super) fn init(self, actor: &ActorSpecifier, connection: &str) -> Option<Frame> {
        let Self::Client(format) = self else { return None };
        let actor = actor.id.to_string();
        let init = ToClient::Init { actor_id: &actor, connection_id: connection };
        // There is no value in it that could be broken.
        message(format, &init).ok().map(Frame::of_whole)
    }

    /// What tells a client why it was not let in.
    pub(super) fn refusal(self, error: &ActorError) -> Option<Frame> {
        let Self::Client(format) = self else { return None };
        Some(failure(format, error, None, None))
    }

    /// Reads a message that came in. What a client of BARE sends decides the version that it is answered in.
    ///
    /// # Errors
    /// How to close a socket that sends what is no message.
    pub(super) fn incoming(&mut self, message: Message) -> Result<Incoming, End> {
        let Self::Client(format) = self else {
            return Ok(Incoming::Message(match message {
                Message::Text(text) => SocketMessage::Text(text.as_str().to_owned()),
                message => SocketMessage::Binary(message.into_data()),
            }));
        };
        if message.is_text() && format.encoding != Encoding::Json {
            return Err(malformed("a text frame"));
        }
        let (encoding, message) =
            decode_to_server(format.encoding, &message.into_data()).map_err(malformed)?;
        format.encoding = encoding;
        Ok(match message {
            ToServer::ActionRequest { id, name, args } => Incoming::Action { id, name, args },
            ToServer::SubscriptionRequest { event_name, subscribe } => {
                Incoming::Subscribe { event: event_name, subscribe }
            }
        })
    }

    /// Writes what the actor says; none for what has no place in this protocol.
    ///
    /// # Errors
    /// How to close the socket: the actor wants it, or cannot be understood.
    pub(super) fn outgoing(self, outgoing: Outgoing, actor: &ActorSpecifier) -> Result<Option<Frame>, End> {
        Ok(match (self, outgoing) {
            (_, Outgoing::Close(reason)) => return Err(End::ours(reason.code, reason.reason)),
            (Self::Client(format), Outgoing::Answer { id, outcome }) => {
                let answer = outcome.and_then(|output| response(format, actor, id, &output));
                Some(answer.unwrap_or_else(|error| failure(format, &error, Some(id), Some(actor))))
            }
            (Self::Client(format), Outgoing::Event(event)) => Some(broadcast(format, actor, &event)?),
            (Self::Raw, Outgoing::Message(SocketMessage::Text(text))) => {
                Some(Frame::new(Opcode::Text, text.into()))
            }
            (Self::Raw, Outgoing::Message(SocketMessage::Binary(data))) => {
                Some(Frame::new(Opcode::Binary, data))
            }
            (Self::Client(_), Outgoing::Message(_)) | (Self::Raw, _) => None,
        })
    }
}

fn malformed(reason: impl std::fmt::Display) -> End {
    tracing::debug!("a client's message cannot be read: {reason}");
    End::ours(1011, "actor.invalid_request")
}

fn message(format: Format, message: &ToClient<'_>) -> Result<Bytes, CodecError> {
    let opcode = if format.encoding == Encoding::Json { Opcode::Text } else { Opcode::Binary };
    frame::whole(opcode, |out| put_to_client(out, format, message))
}

fn response(format: Format, actor: &ActorSpecifier, id: u64, output: &[u8]) -> Result<Frame, ActorError> {
    let frame = message(format, &ToClient::ActionResponse { id, output })
        .map_err(|reason| answer::unwritable(actor, &reason))?;
    answer::check_outgoing(output.len().max(frame.len().saturating_sub(HEAD_BYTES)))?;
    Ok(Frame::of_whole(frame))
}

fn failure(
    format: Format,
    error: &ActorError,
    action_id: Option<u64>,
    actor: Option<&ActorSpecifier>,
) -> Frame {
    let written = answer::specified(actor, error, |error, actor| {
        message(format, &ToClient::Error { error, action_id, actor: actor.copied() })
    });
    // Without metadata nothing can fail.
    Frame::of_whole(written.unwrap_or_default())
}

/// An event, in bytes that all sockets of the same form share. One that cannot be sent is no bytes.
fn broadcast(format: Format, actor: &ActorSpecifier, event: &Arc<Broadcast>) -> Result<Frame, End> {
    let frame = event.form(slot(format), |event| {
        let said = ToClient::Event { name: &event.name, args: &event.args };
        message(format, &said).unwrap_or_else(|reason| {
            tracing::warn!(actor = %actor.id, event = event.name, "an event is no value: {reason}");
            Bytes::new()
        })
    });
    if frame.is_empty() {
        return Err(End::ours(1011, "core.internal_error"));
    }
    answer::check_outgoing(event.args.len().max(frame.len().saturating_sub(HEAD_BYTES)))
        .map_err(|error| End::of_error(&error))?;
    Ok(Frame::of_whole(frame))
}

/// A number for each way to write an event.
fn slot(format: Format) -> u8 {
    let encoding = match format.encoding {
        Encoding::Json => 0,
        Encoding::Cbor => 1,
        Encoding::Bare(version) => 1 + version.number() as u8,
    };
    let client = match format.client {
        Client::Current => 0,
        Client::Before23 => 1,
        Client::Rust => 2,
    };
    encoding * 3 + client
}

#[cfg(test)]
mod tests {
    use rivet_ground::{ActorId, ActorKey};

    use super::*;

    fn actor() -> ActorSpecifier {
        let key = ActorKey::new(vec!["k".to_owned()]).unwrap();
        ActorSpecifier { id: ActorId::new(1, [1; 10]), generation: 3, key }
    }

    fn client(encoding: &str) -> Protocol {
        Protocol::of_client(Some(encoding), Client::Current).unwrap()
    }

    fn said(protocol: Protocol, outgoing: Outgoing) -> Result<String, String> {
        let frame = protocol.outgoing(outgoing, &actor()).map_err(|end| end.reason.reason)?.unwrap();
        Ok(String::from_utf8_lossy(&frame.parts().concat()).into_owned())
    }

    fn answer(id: u64, output: Vec<u8>) -> Outgoing {
        Outgoing::Answer { id, outcome: Ok(output.into()) }
    }

    fn long() -> Vec<u8> {
        [b"\x5a\x00\x20\x00\x00", vec![0; 1 << 21].as_slice()].concat()
    }

    #[test]
    fn encodings_have_names() {
        let encoding = |name| match Protocol::of_client(name, Client::Rust) {
            Ok(Protocol::Client(format)) => Ok(format.encoding),
            Ok(Protocol::Raw) => unreachable!(),
            Err(end) => Err((end.reason.code, end.reason.reason)),
        };
        assert_eq!(encoding(None), Ok(Encoding::Json));
        assert_eq!(encoding(Some("cbor")), Ok(Encoding::Cbor));
        assert_eq!(encoding(Some("bare")), Ok(Encoding::Bare(Version::V3)));
        let unknown = (1003, "actor.unsupported_websocket_encoding".to_owned());
        assert_eq!(encoding(Some("xml")), Err(unknown.clone()));
        assert_eq!(encoding(Some("")), Err(unknown));
    }

    /// Every form has a slot of its own.
    #[test]
    fn slots_differ() {
        let bare = [Version::V1, Version::V2, Version::V3, Version::V4].map(Encoding::Bare);
        let mut slots = Vec::new();
        for encoding in [Encoding::Json, Encoding::Cbor].into_iter().chain(bare) {
            for client in [Client::Current, Client::Before23, Client::Rust] {
                slots.push(slot(Format { encoding, client }));
            }
        }
        let all = slots.len();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!((slots.len(), all), (18, 18));
    }

    #[test]
    fn the_first_message_decides_the_version() {
        let mut protocol = client("bare");
        let subscribe = b"\x04\x00\x01\x08newCount\x01";
        let heard = protocol.incoming(Message::binary(subscribe.to_vec())).unwrap();
        let Incoming::Subscribe { event, subscribe: true } = heard else { panic!("{heard:?}") };
        assert_eq!(event, "newCount");
        let Protocol::Client(Format { encoding, .. }) = protocol else { unreachable!() };
        assert_eq!(encoding, Encoding::Bare(Version::V4));
        let end = protocol.incoming(Message::text("{}")).unwrap_err();
        assert_eq!((end.reason.code, end.reason.reason.as_str()), (1011, "actor.invalid_request"));
        assert!(protocol.incoming(Message::binary(vec![9, 0])).is_err());
    }

    #[test]
    fn json_comes_as_text_or_bytes() {
        let call = r#"{"body":{"tag":"ActionRequest","val":{"id":["$BigInt","0"],"name":"get","args":[2]}}}"#;
        for message in [Message::text(call), Message::binary(call.as_bytes().to_vec())] {
            let heard = client("json").incoming(message).unwrap();
            let Incoming::Action { id: 0, name, args } = heard else { panic!("{heard:?}") };
            assert_eq!((name.as_str(), &args[..]), ("get", &[0x81, 2][..]));
        }
    }

    #[test]
    fn raw_messages_stay_as_they_are() {
        let heard = Protocol::Raw.incoming(Message::text("hé")).unwrap();
        assert!(matches!(heard, Incoming::Message(SocketMessage::Text(text)) if text == "hé"));
        let text = Outgoing::Message(SocketMessage::Text("hi".to_owned()));
        assert_eq!(said(Protocol::Raw, text).unwrap(), "\u{fffd}\u{2}hi");
        let event = Outgoing::Event(Arc::new(Broadcast::new("e".to_owned(), vec![0x80].into())));
        assert!(Protocol::Raw.outgoing(event, &actor()).unwrap().is_none());
    }

    #[test]
    fn answers_that_cannot_be_sent_are_errors_of_the_call() {
        let json = client("json");
        let text = said(json, answer(5, vec![7])).unwrap();
        assert!(text.ends_with(r#""val":{"id":["$BigInt","5"],"output":7}}}"#), "{text}");
        let broken = said(json, answer(5, vec![0xff])).unwrap();
        assert!(broken.contains("internal_error") && broken.contains(r#"["$BigInt","5"]"#), "{broken}");
        let long = said(json, answer(5, long())).unwrap();
        assert!(long.contains("outgoing_too_long") && long.contains(r#""key":"k""#), "{long}");
    }

    #[test]
    fn events_are_written_once_a_form() {
        let event = Arc::new(Broadcast::new("e".to_owned(), vec![0x81, 7].into()));
        let bytes = |encoding| {
            let frame = client(encoding).outgoing(Outgoing::Event(event.clone()), &actor()).unwrap().unwrap();
            frame.parts()[1].as_ptr()
        };
        assert_eq!(bytes("json"), bytes("json"), "shared");
        assert_ne!(bytes("json"), bytes("cbor"));
        let event = |args: Vec<u8>| Outgoing::Event(Arc::new(Broadcast::new(String::new(), args.into())));
        assert_eq!(said(client("cbor"), event(vec![0xff])).unwrap_err(), "core.internal_error");
        assert_eq!(said(client("cbor"), event(long())).unwrap_err(), "message.outgoing_too_long");
    }

    #[test]
    fn who_is_refused_is_told_why_if_it_can_understand() {
        let error = ActorError::new("user", "nope", "denied!").with_metadata(vec![0xff]);
        let frame = client("json").refusal(&error).unwrap();
        let text = String::from_utf8_lossy(frame.parts()[1]).into_owned();
        let expected = r#""val":{"group":"user","code":"nope","message":"denied!","actionId":null}"#;
        assert!(text.contains(expected), "{text}");
        assert!(Protocol::Raw.refusal(&error).is_none());
    }
}
