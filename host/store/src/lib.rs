//! The store: a durable, ordered key-value store with group commit.
//!
//! A commit goes two ways at once: into the *unfolded* rows in memory, where every later read finds it,
//! and to the *ledger*, a thread that appends the commits of many actors to the *journal* with one write and
//! one sync, and then says so. Every few seconds the unfolded rows are *folded*: written to the database in
//! one transaction, after which their part of the journal goes away. What a crash leaves in the journal is
//! folded at the next open.
//!
//! No other room knows redb, or SQLite, whose pages are rows of the store (`sql`).

mod claims;
mod components;
mod connections;
mod database;
mod directory;
mod disk;
mod durability;
mod error;
mod fold;
mod journal;
mod key_range;
mod layer;
mod ledger;
mod merge;
mod overlay;
mod progress;
mod queues;
mod record;
mod replay;
mod snapshots;
mod sql;
mod state;
mod store;
mod table;
mod workflows;
mod write_set;

pub use claims::Claim;
pub use components::{ComponentRecord, Components};
pub use connections::Connections;
pub use directory::{ActorDirectory, ActorRecord, alarm_row};
pub use disk::{DataDir, Disk, DiskFile};
pub use durability::{Durability, ParseDurabilityError};
pub use error::{CommitError, StoreError};
pub use key_range::KeyRange;
pub use overlay::Overlay;
pub use progress::Stats;
pub use queues::{DeadLetter, QueuedMessage, Queues, message_id, message_row};
pub use snapshots::{Snapshots, StoredSnapshot};
pub use sql::{SqlDatabase, SqlError, SqlParams, SqlRows, SqlSettings, SqlTurn, SqlValue};
pub use store::{Seq, Store};
pub use table::Table;
pub use workflows::{
    HistoryEntry, Segment, Workflows, history_beneath, history_row, run_row, run_state, traps_row,
};
pub use write_set::WriteSet;
