//! The connections of actors that outlive an instance.

use bytes::Bytes;
use rivet_ground::{ActorId, Connection, ConnectionId, ConnectionKind};
use serde::{Deserialize, Serialize};
use serde_cbor::Value;

use crate::{KeyRange, Store, StoreError, Table, WriteSet};

/// The hibernating connections of a store. Cloning is cheap.
#[derive(Clone)]
pub struct Connections {
    store: Store,
}

/// A connection as it is stored: a CBOR map, so that fields can be added. That it is stored says that it hibernates.
#[derive(Serialize, Deserialize)]
struct Row {
    uuid: String,
    kind: ConnectionKind,
    params: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<Value>,
}

impl Connections {
    /// The connections of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The connections of an actor, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn load(&self, actor: ActorId) -> Result<Vec<(ConnectionId, Connection)>, StoreError> {
        let rows = self.store.scan(Table::Connections, &KeyRange::prefix(actor.as_bytes(), usize::MAX))?;
        rows.iter().map(|(key, row)| Ok((connection_id(key).ok_or(BAD_ROW)?, decode(row)?))).collect()
    }

    /// Writes a connection that hibernates.
    pub fn put(writes: &mut WriteSet, actor: ActorId, id: ConnectionId, connection: &Connection) {
        writes.put(Table::Connections, Self::key(actor, id), Self::value(connection));
    }

    /// Removes a connection; one that is not there is no error.
    pub fn delete(writes: &mut WriteSet, actor: ActorId, id: ConnectionId) {
        writes.delete(Table::Connections, Self::key(actor, id));
    }

    /// The key of a connection's row: for who writes it through an [`crate::Overlay`].
    pub fn key(actor: ActorId, id: ConnectionId) -> Vec<u8> {
        [actor.as_bytes().as_slice(), &id.to_be_bytes()].concat()
    }

    /// The value of a connection's row.
    pub fn value(connection: &Connection) -> Vec<u8> {
        let row = Row {
            uuid: connection.uuid.clone(),
            kind: connection.kind,
            params: Value::Bytes(connection.params.to_vec()),
            state: connection.state.as_ref().map(|state| Value::Bytes(state.to_vec())),
        };
        // Texts and bytes always encode.
        serde_cbor::to_vec(&row).unwrap_or_default()
    }
}

const BAD_ROW: StoreError = StoreError::BadRow { table: "connections" };

fn connection_id(key: &[u8]) -> Option<ConnectionId> {
    let id = key.get(size_of::<ActorId>()..)?;
    id.try_into().ok().map(ConnectionId::from_be_bytes)
}

fn decode(row: &[u8]) -> Result<Connection, StoreError> {
    let row: Row = serde_cbor::from_slice(row).map_err(|_| BAD_ROW)?;
    let bytes = |value| match value {
        Value::Bytes(bytes) => Ok(Bytes::from(bytes)),
        _ => Err(BAD_ROW),
    };
    Ok(Connection {
        uuid: row.uuid,
        kind: row.kind,
        params: bytes(row.params)?,
        state: row.state.map(bytes).transpose()?,
        hibernates: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durability;

    fn actor(number: u8) -> ActorId {
        ActorId::from_bytes([number; 16])
    }

    fn connection(kind: ConnectionKind, state: Option<&'static [u8]>) -> Connection {
        Connection {
            uuid: "f1a2".to_owned(),
            kind,
            params: Bytes::from_static(&[0xf6]),
            state: state.map(Bytes::from_static),
            hibernates: true,
        }
    }

    #[test]
    fn an_actor_finds_its_own_connections_by_age() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Durability::None).unwrap();
        let (old, new) =
            (connection(ConnectionKind::WebSocket, None), connection(ConnectionKind::Client, Some(&[])));
        let mut writes = WriteSet::new();
        Connections::put(&mut writes, actor(7), 0x0100, &new);
        Connections::put(&mut writes, actor(7), 0xff, &old);
        Connections::put(&mut writes, actor(8), 1, &old);
        store.commit_wait(writes).unwrap();
        let connections = Connections::new(store.clone());
        assert_eq!(connections.load(actor(7)).unwrap(), [(0xff, old), (0x0100, new.clone())]);

        let mut writes = WriteSet::new();
        Connections::delete(&mut writes, actor(7), 0xff);
        store.commit_wait(writes).unwrap();
        assert_eq!(connections.load(actor(7)).unwrap(), [(0x0100, new)]);
    }

    #[test]
    fn what_is_no_connection_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Durability::None).unwrap();
        let connections = Connections::new(store.clone());
        let good = Connections::value(&connection(ConnectionKind::Client, None));
        for (key, value) in [(&[0; 7], good.as_slice()), (&[1; 7], &[0xa0])] {
            let mut writes = WriteSet::new();
            writes.put(Table::Connections, [actor(7).as_bytes().as_slice(), key].concat(), value.to_vec());
            store.commit_wait(writes).unwrap();
            assert!(matches!(connections.load(actor(7)), Err(StoreError::BadRow { table: "connections" })));
        }
    }
}
