//! The connections of an instance, from the one that asks to be let in to the one that takes its leave.

use rivet_ground::{ActorError, Connection, ConnectionId};
use rivet_store::{Connections, Table, WriteSet};

use crate::iface::inside::Inside;

/// A connection that the actor knows.
pub(super) struct Entry {
    pub(super) connection: Connection,
    pub(super) stage: Stage,
    /// Whether the actor has asked for its end.
    pub(super) closing: bool,
}

/// How far a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its `connect` is not answered yet.
    Connecting,
    /// It was let in. Its row is in the store, if it hibernates.
    Open,
    /// Its `disconnect` has come and is not answered yet.
    Leaving,
}

impl Entry {
    /// Whether the connection has a row in the store.
    pub(super) fn is_stored(&self) -> bool {
        self.connection.hibernates && self.stage == Stage::Open
    }
}

impl Inside {
    /// Makes a connection known. It counts as open, unless a `connect` of it follows.
    pub(crate) fn announce(&mut self, id: ConnectionId, connection: Connection) {
        self.connections.insert(id, Entry { connection, stage: Stage::Open, closing: false });
    }

    /// Lets a connection in without a turn; the write of its row, if it hibernates.
    pub(crate) fn accept(&mut self, id: ConnectionId) -> WriteSet {
        let mut writes = WriteSet::new();
        if let Some(entry) = self.connections.get_mut(&id) {
            entry.stage = Stage::Open;
            if entry.is_stored() {
                Connections::put(&mut writes, self.identity.actor, id, &entry.connection);
            }
        }
        writes
    }

    /// Drops a connection without a turn; the delete of its row, if it has one.
    pub(crate) fn forget(&mut self, id: ConnectionId) -> WriteSet {
        let mut writes = WriteSet::new();
        if self.connections.remove(&id).is_some_and(|entry| entry.is_stored()) {
            Connections::delete(&mut writes, self.identity.actor, id);
        }
        writes
    }

    /// A connection asks to be let in.
    pub(super) fn ask_in(&mut self, id: ConnectionId) {
        if let Some(entry) = self.connections.get_mut(&id) {
            entry.stage = Stage::Connecting;
        }
    }

    /// A connection is let in, with its row in this turn. Refused, and turned away, if the turn has no room for it.
    pub(super) fn let_in(&mut self, id: ConnectionId) -> Result<(), ActorError> {
        let entry = self.connections.get_mut(&id).filter(|entry| entry.stage == Stage::Connecting);
        let Some(entry) = entry else { return Ok(()) };
        entry.stage = Stage::Open;
        if entry.is_stored() {
            let row = Connections::value(&entry.connection);
            return self.write_connection(id, row).inspect_err(|_| drop(self.connections.remove(&id)));
        }
        Ok(())
    }

    /// A connection that asked to be let in is not.
    pub(super) fn turn_away(&mut self, id: ConnectionId) {
        self.remove_at(id, Stage::Connecting);
    }

    /// A connection is gone: its row goes with this turn, and the actor may look at it until it has answered.
    pub(super) fn take_leave(&mut self, id: ConnectionId) {
        let Some(entry) = self.connections.get_mut(&id) else { return };
        if let Some(overlay) = self.overlay.as_mut().filter(|_| entry.is_stored()) {
            let key = Connections::key(self.identity.actor, id);
            overlay.delete(Table::Connections, key);
        }
        entry.stage = Stage::Leaving;
    }

    /// The actor has taken its leave of a connection.
    pub(super) fn see_off(&mut self, id: ConnectionId) {
        self.remove_at(id, Stage::Leaving);
    }

    fn remove_at(&mut self, id: ConnectionId, stage: Stage) {
        if self.connections.get(&id).is_some_and(|entry| entry.stage == stage) {
            self.connections.remove(&id);
        }
    }

    /// Writes the row of a connection into the turn.
    pub(super) fn write_connection(&mut self, id: ConnectionId, row: Vec<u8>) -> Result<(), ActorError> {
        let key = Connections::key(self.identity.actor, id);
        self.check_room(WriteSet::ROW_BYTES + key.len() + row.len())?;
        self.overlay()?.put(Table::Connections, key, row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iface::workbench::{Workbench, connection};
    use bytes::Bytes;
    use rivet_ground::{ConnectionKind, Event, EventKind, limits};

    const CALL: u64 = 7;

    fn event(kind: EventKind) -> Event {
        Event { connection: 1, ..Event::bare(kind, CALL) }
    }

    fn client() -> Connection {
        connection(ConnectionKind::Client, true)
    }

    /// Lets a turn of one event pass, with this answer; its writes.
    fn turn(inside: &mut Inside, kind: EventKind, answer: Result<(), ActorError>) -> WriteSet {
        inside.begin_turn(&event(kind));
        assert!(inside.reply(CALL, answer.map(|()| Bytes::new())));
        inside.end_turn(true).unwrap().writes
    }

    fn refusal() -> Result<(), ActorError> {
        Err(ActorError::new("user", "no", "no"))
    }

    fn stage(inside: &Inside) -> Option<Stage> {
        inside.connections.get(&1).map(|entry| entry.stage)
    }

    #[test]
    fn whoever_is_let_in_is_found_by_the_next_instance_and_whoever_left_is_not() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, client());
        inside.begin_turn(&event(EventKind::Connect));
        assert_eq!(stage(&inside), Some(Stage::Connecting));
        inside.set_connection_state(1, vec![3]).unwrap();
        assert!(inside.end_turn(true).unwrap().writes.is_empty());
        // The answer comes in another turn.
        inside.begin_turn(&Event::bare(EventKind::Completion, 1));
        assert!(inside.reply(CALL, Ok(Bytes::new())));
        bench.commit(inside.end_turn(true).unwrap().writes);
        let known = Connection { state: Some(vec![3].into()), ..client() };
        assert_eq!(bench.stored(), [(1, known.clone())]);

        let mut inside = bench.inside();
        assert_eq!(inside.connections.get(&1).map(|entry| &entry.connection), Some(&known));
        assert_eq!(stage(&inside), Some(Stage::Open));
        inside.begin_turn(&event(EventKind::Disconnect));
        assert_eq!(stage(&inside), Some(Stage::Leaving));
        bench.commit(inside.end_turn(true).unwrap().writes);
        assert_eq!(bench.stored(), []);
        assert_eq!(inside.connections.get(&1).map(|entry| &entry.connection), Some(&known));
        inside.begin_turn(&Event::bare(EventKind::Completion, 1));
        assert!(inside.reply(CALL, refusal().map(|()| Bytes::new())));
        assert_eq!(stage(&inside), None);
    }

    #[test]
    fn whoever_is_refused_leaves_nothing() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, client());
        assert!(turn(&mut inside, EventKind::Connect, refusal()).is_empty());
        assert_eq!(stage(&inside), None);
        // So it is after a time-out, of either end.
        for kind in [EventKind::Connect, EventKind::Disconnect] {
            inside.announce(1, client());
            inside.begin_turn(&event(kind));
            inside.end_turn(true).unwrap();
            inside.close_call(CALL);
            assert_eq!(stage(&inside), None);
            assert!(!inside.reply(CALL, Ok(Bytes::new())));
        }
    }

    #[test]
    fn a_guest_that_does_not_know_connections_lets_them_in_and_out() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, client());
        inside.begin_turn(&event(EventKind::Connect));
        bench.commit(inside.end_turn(false).unwrap().writes);
        assert_eq!((stage(&inside), bench.stored().len()), (Some(Stage::Open), 1));
        inside.begin_turn(&event(EventKind::Disconnect));
        bench.commit(inside.end_turn(false).unwrap().writes);
        assert_eq!((stage(&inside), bench.stored().len()), (None, 0));
    }

    #[test]
    fn the_host_lets_in_and_forgets_without_a_turn() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, client());
        bench.commit(inside.accept(1));
        assert_eq!(bench.stored(), [(1, client())]);
        bench.commit(inside.forget(1));
        assert_eq!(bench.stored(), []);
        assert!(inside.forget(1).is_empty() && inside.accept(1).is_empty());
        inside.announce(2, connection(ConnectionKind::Action, false));
        assert!(inside.accept(2).is_empty() && inside.forget(2).is_empty());
    }

    #[test]
    fn one_that_left_before_it_was_let_in_stays_gone() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, client());
        inside.begin_turn(&event(EventKind::Connect));
        inside.begin_turn(&Event { id: CALL + 1, ..event(EventKind::Disconnect) });
        assert!(inside.reply(CALL, Ok(Bytes::new())));
        assert_eq!(stage(&inside), Some(Stage::Leaving));
        assert!(inside.end_turn(true).unwrap().writes.is_empty());
        inside.close_call(CALL + 1);
        assert_eq!(stage(&inside), None);
    }

    #[test]
    fn a_turn_without_room_for_a_connection_turns_it_away() {
        let bench = Workbench::new();
        let mut inside = bench.inside();
        inside.announce(1, client());
        inside.begin_turn(&event(EventKind::Connect));
        let fill = limits::TURN_WRITE_BYTES - limits::TURN_HOST_BYTES;
        inside.overlay().unwrap().put(Table::State, b"state".to_vec(), vec![0; fill]);
        assert!(inside.reply(CALL, Ok(Bytes::new())));
        assert_eq!(stage(&inside), None);
        let turn = inside.end_turn(true).unwrap();
        let [rivet_ground::Effect::Reply { outcome: Err(error), .. }] = turn.effects.as_slice() else {
            panic!()
        };
        assert_eq!(error.path(), "actor.turn_too_large");
        bench.commit(turn.writes);
        assert_eq!(bench.stored(), []);
        // Where the host would let it in, the turn is dropped.
        inside.announce(1, client());
        inside.begin_turn(&event(EventKind::Connect));
        inside.overlay().unwrap().put(Table::State, b"state".to_vec(), vec![0; fill]);
        assert!(inside.end_turn(false).is_err());
    }
}
