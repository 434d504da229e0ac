//! The messages of actors' queues, and those that were given up.

use bytes::Bytes;
use rivet_ground::{ActorId, MessageId};
use serde::{Deserialize, Serialize};
use serde_cbor::Value;

use crate::{KeyRange, Store, StoreError, Table};

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMessage {
    /// What it was sent under.
    pub name: String,
    /// One CBOR value.
    pub body: Bytes,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// How many times it has been received.
    pub attempts: u32,
}

/// A message that was received in vain too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The number that it had in the queue.
    pub id: MessageId,
    /// The message.
    pub message: QueuedMessage,
    /// When it was given up, in milliseconds since the Unix epoch.
    pub died_ms: u64,
}

/// A row of either table: a CBOR map, so that fields can be added.
#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    body: Value,
    created_ms: u64,
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    died_ms: Option<u64>,
}

/// The queues of a store. Cloning is cheap.
#[derive(Clone)]
pub struct Queues {
    store: Store,
}

impl Queues {
    /// The queues of a store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The dead letters of an actor, newest first, at most `limit` of them.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read.
    pub fn dead_letters(&self, actor: ActorId, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        let range = KeyRange::prefix(actor.as_bytes(), limit).reversed(true);
        let rows = self.store.scan(Table::DeadLetters, &range)?;
        let letter = |(key, row): &(Bytes, Bytes)| {
            let (message, died_ms) = decode(row, "dead_letters")?;
            let bad = StoreError::BadRow { table: "dead_letters" };
            Ok(DeadLetter { id: message_id(key).ok_or(bad)?, message, died_ms: died_ms.unwrap_or_default() })
        };
        rows.iter().map(letter).collect()
    }
}

/// The key of a message, in the queue and among the dead letters: numbers sort by age.
pub fn message_row(actor: ActorId, id: MessageId) -> Vec<u8> {
    [actor.as_bytes().as_slice(), &id.to_be_bytes()].concat()
}

/// The number of a message by its key.
pub fn message_id(key: &[u8]) -> Option<MessageId> {
    key.get(size_of::<ActorId>()..)?.try_into().ok().map(MessageId::from_be_bytes)
}

impl QueuedMessage {
    /// The value of its row in the queue.
    pub fn encode(&self) -> Vec<u8> {
        self.row(None)
    }

    /// The value of its row among the dead letters.
    pub fn encode_dead(&self, died_ms: u64) -> Vec<u8> {
        self.row(Some(died_ms))
    }

    /// A message of a row in the queue.
    ///
    /// # Errors
    /// [`StoreError::BadRow`].
    pub fn decode(row: &[u8]) -> Result<Self, StoreError> {
        decode(row, "queue").map(|(message, _)| message)
    }

    fn row(&self, died_ms: Option<u64>) -> Vec<u8> {
        let Self { name, body, created_ms, attempts } = self.clone();
        let row = Row { name, body: Value::Bytes(body.into()), created_ms, attempts, died_ms };
        // Texts, bytes and numbers always encode.
        serde_cbor::to_vec(&row).unwrap_or_default()
    }
}

fn decode(row: &[u8], table: &'static str) -> Result<(QueuedMessage, Option<u64>), StoreError> {
    let bad = || StoreError::BadRow { table };
    let Row { name, body, created_ms, attempts, died_ms } = serde_cbor::from_slice(row).map_err(|_| bad())?;
    let Value::Bytes(body) = body else { return Err(bad()) };
    Ok((QueuedMessage { name, body: body.into(), created_ms, attempts }, died_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Durability, WriteSet};

    fn message(name: &str, attempts: u32) -> QueuedMessage {
        QueuedMessage { name: name.to_owned(), body: Bytes::from_static(&[1]), created_ms: 7, attempts }
    }

    #[test]
    fn a_row_reads_as_it_was_written() {
        let message = message("jobs", 3);
        assert_eq!(QueuedMessage::decode(&message.encode()).unwrap(), message);
        for bad in [&[0xa0][..], &[0xff], b""] {
            assert!(matches!(QueuedMessage::decode(bad), Err(StoreError::BadRow { table: "queue" })));
        }
    }

    #[test]
    fn dead_letters_are_an_actors_own_and_the_newest_come_first() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Durability::None).unwrap();
        let actor = |number| ActorId::from_bytes([number; 16]);
        let mut writes = WriteSet::new();
        for (of, id) in [(7, 0xff), (7, 0x100), (7, 2), (8, 1)] {
            writes.put(
                Table::DeadLetters,
                message_row(actor(of), id),
                message("jobs", 5).encode_dead(id + 1),
            );
        }
        store.commit_wait(writes).unwrap();
        let letters = Queues::new(store).dead_letters(actor(7), 2).unwrap();
        assert_eq!(
            letters.iter().map(|letter| (letter.id, letter.died_ms)).collect::<Vec<_>>(),
            [(0x100, 0x101), (0xff, 0x100)]
        );
        assert_eq!(letters[0].message, message("jobs", 5));
    }
}
