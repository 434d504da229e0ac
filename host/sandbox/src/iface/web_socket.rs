//! `rivet:actor/web-socket`.

use rivet_ground::{ActorError, ConnectionId, ConnectionKind, Effect, SocketMessage, limits};

use crate::bindings::rivet::actor::types::Error;
use crate::bindings::rivet::actor::web_socket::Host;
use crate::guest::Guest;
use crate::iface::connection::not_found;
use crate::iface::inside::Inside;
use crate::iface::to_wit;

impl Host for Guest {
    fn send_text(&mut self, connection: ConnectionId, text: String) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.send_message(connection, SocketMessage::Text(text)).map_err(to_wit))
    }

    fn send_binary(
        &mut self,
        connection: ConnectionId,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.send_message(connection, SocketMessage::Binary(data.into())).map_err(to_wit))
    }

    fn close(
        &mut self,
        connection: ConnectionId,
        code: u16,
        reason: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.close_socket(connection, code, &reason).map_err(to_wit))
    }
}

impl Inside {
    fn send_message(&mut self, connection: ConnectionId, message: SocketMessage) -> Result<(), ActorError> {
        self.check_socket(connection)?;
        let len_bytes = match &message {
            SocketMessage::Text(text) => text.len(),
            SocketMessage::Binary(data) => data.len(),
        };
        if len_bytes > limits::SOCKET_MESSAGE_BYTES {
            let message = format!(
                "the message has {len_bytes} bytes, over the limit of {}",
                limits::SOCKET_MESSAGE_BYTES
            );
            return Err(ActorError::new("message", "outgoing_too_long", message));
        }
        self.say(Effect::Message { connection, message }, len_bytes)
    }

    fn close_socket(&mut self, connection: ConnectionId, code: u16, reason: &str) -> Result<(), ActorError> {
        self.check_socket(connection)?;
        // What an application may send (RFC 6455 section 7.4.2, and the WebSocket API of browsers).
        if !matches!(code, 1000 | 1011 | 3000..=4999) {
            let message = format!("a WebSocket is closed with 1000, 1011, or 3000 to 4999, not with {code}");
            return Err(ActorError::new("connection", "invalid_close_code", message));
        }
        self.close_connection(connection, code, reason)
    }

    fn check_socket(&mut self, connection: ConnectionId) -> Result<(), ActorError> {
        match self.present(connection)?.connection.kind {
            ConnectionKind::WebSocket => Ok(()),
            ConnectionKind::Client | ConnectionKind::Action => Err(not_found(connection)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rivet_ground::CloseReason;

    use super::*;
    use crate::iface::workbench::{Workbench, connection, nobody};

    fn text(text: &str) -> SocketMessage {
        SocketMessage::Text(text.to_owned())
    }

    #[test]
    fn messages_leave_as_they_are_and_before_the_close() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::WebSocket, false));
        inside.send_message(1, text("hé")).unwrap();
        inside.send_message(1, SocketMessage::Binary(vec![0, 255].into())).unwrap();
        inside.close_socket(1, 4001, "bye").unwrap();
        inside.close_socket(1, 4002, "bye again").unwrap();
        let effects = inside.end_turn(true).unwrap().effects;
        let [
            Effect::Message { message: first, .. },
            Effect::Message { message: second, .. },
            Effect::Close { connection: 1, reason },
        ] = effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert_eq!((first, second), (&text("hé"), &SocketMessage::Binary(vec![0, 255].into())));
        assert_eq!(reason, &CloseReason { code: 4001, reason: "bye".to_owned() });
    }

    #[test]
    fn only_codes_of_applications_close() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        for (id, code) in [(1, 1000), (2, 3000), (3, 4999), (5, 1011)] {
            inside.announce(id, connection(ConnectionKind::WebSocket, false));
            inside.close_socket(id, code, "").unwrap();
        }
        inside.announce(4, connection(ConnectionKind::WebSocket, false));
        for code in [0, 999, 1001, 1006, 1010, 2999, 5000] {
            let refused = inside.close_socket(4, code, "").unwrap_err();
            assert_eq!(refused.path(), "connection.invalid_close_code", "{code}");
        }
        assert_eq!(inside.end_turn(true).unwrap().effects.len(), 4);
    }

    #[test]
    fn what_is_too_long_or_no_socket_is_refused() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::WebSocket, false));
        inside.announce(2, connection(ConnectionKind::Client, true));
        let long = vec![0; limits::SOCKET_MESSAGE_BYTES + 1];
        let refused = inside.send_message(1, SocketMessage::Binary(long.into())).unwrap_err();
        assert_eq!(refused.path(), "message.outgoing_too_long");
        for id in [2, 3] {
            assert_eq!(inside.send_message(id, text("")).unwrap_err().path(), "connection.not_found");
            assert_eq!(inside.close_socket(id, 1000, "").unwrap_err().path(), "connection.not_found");
        }
        assert_eq!(nobody().send_message(1, text("")).unwrap_err().path(), "actor.invalid_operation");
    }
}
