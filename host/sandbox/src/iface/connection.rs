//! `rivet:actor/connection`.

use rivet_ground::{ActorError, CloseReason, Connection, ConnectionId, ConnectionKind, Effect, cut, limits};
use rivet_store::Connections;

use crate::bindings::rivet::actor::connection::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::connections::{Entry, Stage};
use crate::iface::inside::Inside;
use crate::iface::to_wit;

impl Host for Guest {
    fn all(&mut self) -> wasmtime::Result<Vec<ConnectionId>> {
        Ok(self.inside.all_connections())
    }

    fn uuid(&mut self, connection: ConnectionId) -> wasmtime::Result<Option<String>> {
        Ok(self.inside.known(connection).map(|connection| connection.uuid.clone()))
    }

    fn kind(&mut self, connection: ConnectionId) -> wasmtime::Result<Option<String>> {
        Ok(self.inside.known(connection).map(|connection| connection.kind.name().to_owned()))
    }

    fn params(&mut self, connection: ConnectionId) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.inside.known(connection).map(|connection| connection.params.to_vec()))
    }

    fn hibernates(&mut self, connection: ConnectionId) -> wasmtime::Result<bool> {
        Ok(self.inside.known(connection).is_some_and(|connection| connection.hibernates))
    }

    fn state(&mut self, connection: ConnectionId) -> wasmtime::Result<Option<Vec<u8>>> {
        let state = self.inside.known(connection).and_then(|connection| connection.state.as_ref());
        Ok(state.map(|state| state.to_vec()))
    }

    fn set_state(&mut self, connection: ConnectionId, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.set_connection_state(connection, value).map_err(to_wit))
    }

    fn disconnect(
        &mut self,
        connection: ConnectionId,
        reason: Option<String>,
    ) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.inside.disconnect(connection, reason.as_deref().unwrap_or_default()).map_err(to_wit))
    }
}

/// The WebSocket close code of `disconnect` (client-protocol.md section 8.4).
const NORMAL_CLOSURE: u16 = 1000;

impl Inside {
    fn all_connections(&self) -> Vec<ConnectionId> {
        let listed = self.connections.iter().filter(|(_, entry)| entry.stage != Stage::Leaving);
        listed.map(|(id, _)| *id).collect()
    }

    fn known(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(&id).map(|entry| &entry.connection)
    }

    /// Keeps the state of a connection; with the turn, if the connection outlives the instance.
    pub(super) fn set_connection_state(
        &mut self,
        id: ConnectionId,
        value: Vec<u8>,
    ) -> Result<(), ActorError> {
        self.overlay()?;
        let entry = self.connections.get_mut(&id).ok_or_else(|| not_found(id))?;
        if value.len() > limits::CONNECTION_STATE_BYTES {
            let message = format!(
                "the state of the connection has {} bytes, over the limit of {}",
                value.len(),
                limits::CONNECTION_STATE_BYTES
            );
            return Err(ActorError::new("connection", "state_too_large", message));
        }
        let connection = Connection { state: Some(value.into()), ..entry.connection.clone() };
        if entry.is_stored() {
            self.write_connection(id, Connections::value(&connection))?;
        }
        self.connections.entry(id).and_modify(|entry| entry.connection = connection);
        Ok(())
    }

    fn disconnect(&mut self, id: ConnectionId, reason: &str) -> Result<(), ActorError> {
        if self.present(id)?.connection.kind == ConnectionKind::Action {
            let message = format!("connection {id} is a call over HTTP: answer the call to end it");
            return Err(ActorError::new("connection", "not_closable", message));
        }
        self.close_connection(id, NORMAL_CLOSURE, reason)
    }

    /// Ends a connection that is there; once.
    pub(super) fn close_connection(
        &mut self,
        id: ConnectionId,
        code: u16,
        reason: &str,
    ) -> Result<(), ActorError> {
        if self.present(id)?.closing {
            return Ok(());
        }
        let reason = cut(reason, limits::CLOSE_REASON_BYTES).to_owned();
        let len_bytes = reason.len();
        self.say(Effect::Close { connection: id, reason: CloseReason { code, reason } }, len_bytes)?;
        self.present(id)?.closing = true;
        Ok(())
    }

    /// A connection that something can be said to: its `disconnect` has not come.
    pub(super) fn present(&mut self, id: ConnectionId) -> Result<&mut Entry, ActorError> {
        self.overlay()?;
        let entry = self.connections.get_mut(&id).filter(|entry| entry.stage != Stage::Leaving);
        entry.ok_or_else(|| not_found(id))
    }
}

/// What is asked of a connection that is not there, or of another kind.
pub(super) fn not_found(id: ConnectionId) -> ActorError {
    ActorError::new("connection", "not_found", format!("there is no such connection: {id}"))
}

#[cfg(test)]
mod tests {
    use rivet_ground::{Event, EventKind};

    use super::*;
    use crate::iface::workbench::{Workbench, connection, nobody};

    #[test]
    fn all_has_those_who_are_asking_and_not_those_who_left() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        for id in [30, 4, 500] {
            inside.announce(id, connection(ConnectionKind::Client, true));
        }
        assert_eq!(inside.all_connections(), [4, 30, 500]);
        inside.begin_turn(&Event { connection: 30, ..Event::bare(EventKind::Connect, 1) });
        assert_eq!(inside.all_connections(), [4, 30, 500]);
        inside.begin_turn(&Event { connection: 4, ..Event::bare(EventKind::Disconnect, 2) });
        assert_eq!(inside.all_connections(), [30, 500]);
        assert_eq!(inside.known(4).map(|connection| connection.uuid.as_str()), Some("f1a2"));
        assert_eq!(inside.known(5), None);
    }

    #[test]
    fn state_is_written_where_it_outlives_the_instance() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::Client, true));
        inside.announce(2, connection(ConnectionKind::Action, false));
        inside.set_connection_state(2, vec![9]).unwrap();
        assert!(inside.end_turn(true).unwrap().writes.is_empty());
        inside.set_connection_state(1, vec![1]).unwrap();
        inside.set_connection_state(1, vec![2]).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        let stored = bench.stored();
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].1.state.as_deref(), Some([2].as_slice()));
        // One that has left is written no more.
        inside.begin_turn(&Event { connection: 1, ..Event::bare(EventKind::Disconnect, 2) });
        inside.set_connection_state(1, vec![3]).unwrap();
        bench.commit(inside.end_turn(true).unwrap().writes);
        assert_eq!(bench.stored(), []);
        assert_eq!(inside.known(1).and_then(|c| c.state.as_deref()), Some([3].as_slice()));
    }

    #[test]
    fn state_that_is_refused_changes_nothing() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::Client, true));
        let code = |result: Result<(), ActorError>| result.unwrap_err().path();
        inside.set_connection_state(1, vec![7; limits::CONNECTION_STATE_BYTES]).unwrap();
        let too_large = vec![8; limits::CONNECTION_STATE_BYTES + 1];
        assert_eq!(code(inside.set_connection_state(1, too_large)), "connection.state_too_large");
        assert_eq!(code(inside.set_connection_state(2, vec![])), "connection.not_found");
        let filled =
            limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES - inside.overlay().unwrap().len_bytes();
        inside.overlay().unwrap().put(rivet_store::Table::State, b"".to_vec(), vec![0; filled]);
        assert_eq!(code(inside.set_connection_state(1, vec![8])), "actor.turn_too_large");
        let state = inside.known(1).and_then(|c| c.state.as_deref());
        assert_eq!(state, Some(vec![7; limits::CONNECTION_STATE_BYTES].as_slice()));
    }

    #[test]
    fn a_connection_is_closed_once_and_with_a_reason_that_fits() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::Client, true));
        inside.disconnect(1, &"é".repeat(limits::CLOSE_REASON_BYTES)).unwrap();
        inside.disconnect(1, "again").unwrap();
        inside.close_connection(1, 4001, "and again").unwrap();
        let effects = inside.end_turn(true).unwrap().effects;
        let [Effect::Close { connection: 1, reason }] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!((reason.code, reason.reason.len()), (1000, limits::CLOSE_REASON_BYTES - 1));
    }

    #[test]
    fn what_cannot_be_closed_is_refused() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, connection(ConnectionKind::Action, false));
        inside.announce(2, connection(ConnectionKind::Client, true));
        inside.begin_turn(&Event { connection: 2, ..Event::bare(EventKind::Disconnect, 2) });
        assert_eq!(inside.disconnect(1, "").unwrap_err().path(), "connection.not_closable");
        for gone in [2, 3] {
            assert_eq!(inside.disconnect(gone, "").unwrap_err().path(), "connection.not_found");
        }
        assert!(inside.end_turn(true).unwrap().effects.is_empty());
    }

    #[test]
    fn without_an_actor_there_are_no_connections() {
        let mut nobody = nobody();
        assert!(nobody.all_connections().is_empty());
        assert_eq!(nobody.set_connection_state(1, vec![]).unwrap_err().path(), "actor.invalid_operation");
        assert_eq!(nobody.disconnect(1, "").unwrap_err().path(), "actor.invalid_operation");
    }
}
