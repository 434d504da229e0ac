//! `rivet:actor/events`.

use bytes::Bytes;
use rivet_ground::{ActorError, ConnectionId, ConnectionKind, Effect, limits};

use crate::bindings::rivet::actor::events::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::connection::not_found;
use crate::iface::inside::Inside;
use crate::iface::to_wit;

impl Host for Guest {
    fn broadcast(&mut self, name: String, args: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.broadcast(name, args.into()).map_err(to_wit))
    }

    fn send(
        &mut self,
        connection: ConnectionId,
        name: String,
        args: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.send_event(connection, name, args.into()).map_err(to_wit))
    }
}

impl Inside {
    fn broadcast(&mut self, name: String, args: Bytes) -> Result<(), ActorError> {
        let len_bytes = check_event(&name, &args)?;
        self.say(Effect::Broadcast { name, args }, len_bytes)
    }

    fn send_event(&mut self, connection: ConnectionId, name: String, args: Bytes) -> Result<(), ActorError> {
        if self.present(connection)?.connection.kind != ConnectionKind::Client {
            return Err(not_found(connection));
        }
        let len_bytes = check_event(&name, &args)?;
        self.say(Effect::Send { connection, name, args }, len_bytes)
    }
}

/// The size of an event that is not too large.
fn check_event(name: &str, args: &Bytes) -> Result<usize, ActorError> {
    let (name_bytes, args_bytes) = (name.len(), args.len());
    if name_bytes > limits::EVENT_NAME_BYTES {
        let message = format!(
            "the name of the event has {name_bytes} bytes, over the limit of {}",
            limits::EVENT_NAME_BYTES
        );
        return Err(ActorError::new("message", "event_name_too_long", message));
    }
    if args_bytes > limits::MESSAGE_OUT_BYTES {
        let message =
            format!("the event has {args_bytes} bytes, over the limit of {}", limits::MESSAGE_OUT_BYTES);
        return Err(ActorError::new("message", "outgoing_too_long", message));
    }
    Ok(name_bytes + args_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::{Workbench, connection, nobody};

    #[test]
    fn events_leave_in_the_order_in_which_they_were_said() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::Client, true));
        inside.send_event(1, "welcome".into(), Bytes::from_static(&[0x80])).unwrap();
        inside.broadcast("joined".into(), Bytes::from_static(&[0x81, 1])).unwrap();
        let effects = inside.end_turn(true).unwrap().effects;
        let [Effect::Send { connection: 1, name: welcome, .. }, Effect::Broadcast { name: joined, args }] =
            effects.as_slice()
        else {
            panic!("{effects:?}")
        };
        assert_eq!(
            (welcome.as_str(), joined.as_str(), args.as_ref()),
            ("welcome", "joined", [0x81, 1].as_slice())
        );
    }

    #[test]
    fn only_clients_are_sent_events() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::WebSocket, false));
        inside.announce(2, connection(ConnectionKind::Action, false));
        for id in [1, 2, 3] {
            let refused = inside.send_event(id, "x".into(), Bytes::new()).unwrap_err();
            assert_eq!(refused.path(), "connection.not_found");
        }
        assert!(inside.end_turn(true).unwrap().effects.is_empty());
    }

    #[test]
    fn events_have_a_size() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        let mut said = |name_bytes: usize, args_bytes: usize| {
            let said = inside.broadcast("x".repeat(name_bytes), vec![0; args_bytes].into());
            said.map_err(|error| error.path())
        };
        assert_eq!(said(limits::EVENT_NAME_BYTES, limits::MESSAGE_OUT_BYTES), Ok(()));
        assert_eq!(said(limits::EVENT_NAME_BYTES + 1, 0), Err("message.event_name_too_long".to_owned()));
        assert_eq!(said(0, limits::MESSAGE_OUT_BYTES + 1), Err("message.outgoing_too_long".to_owned()));
        // Each fits, but not all of them into one turn.
        let told = (1..100).take_while(|_| said(0, limits::MESSAGE_OUT_BYTES).is_ok()).count();
        assert_eq!(told, limits::TURN_SAID_BYTES / limits::MESSAGE_OUT_BYTES - 2);
        assert_eq!(said(0, limits::MESSAGE_OUT_BYTES), Err("actor.turn_too_large".to_owned()));
    }

    #[test]
    fn without_an_actor_nothing_is_said() {
        let mut nobody = nobody();
        let refused = nobody.broadcast("x".into(), Bytes::new()).unwrap_err();
        assert_eq!(refused.path(), "actor.invalid_operation");
        let refused = nobody.send_event(1, "x".into(), Bytes::new()).unwrap_err();
        assert_eq!(refused.path(), "actor.invalid_operation");
    }
}
