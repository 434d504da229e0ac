//! What goes wrong in the store.

use std::io;
use std::path::PathBuf;

use rivet_ground::limits;

/// The store cannot be opened or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process, or another store of this one, has the data directory open.
    #[error(
        "the data directory {} is in use by another host: stop that host, or give this one \
         another",
        dir.display()
    )]
    Locked {
        /// The data directory.
        dir: PathBuf,
    },
    /// The data was written by a later host.
    #[error(
        "the data has format {found}, and this host knows formats up to {known}: \
         start the newer rivet-host that wrote it, or give this one another data directory"
    )]
    NewerFormat {
        /// The format of the data.
        found: u64,
        /// The newest format that this host knows.
        known: u64,
    },
    /// A journal file is damaged where no crash damages it.
    #[error(
        "the journal file {file} is damaged at byte {offset}: {what}. Commits after it would be lost, so the \
         store stays closed: restore the data directory from a backup"
    )]
    Corrupt {
        /// The file, relative to the data directory.
        file: String,
        /// Where, in bytes from the start of the file.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A row that the store writes itself has the wrong shape.
    #[error("a row of the table {table} has the wrong shape: restore the data directory from a backup")]
    BadRow {
        /// The table's name.
        table: &'static str,
    },
    /// The memory of a sleeping actor is not what was written. The actor can start without.
    #[error("the snapshot is damaged: {what}")]
    DamagedSnapshot {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file system refused.
    #[error("cannot {action} {name}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With what: a path, or a name relative to the data directory.
        name: String,
        /// Why it failed.
        source: io::Error,
    },
    /// The database refused.
    #[error("the database store.redb failed: {0}")]
    Database(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn io(action: &'static str, name: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let name = name.into();
        move |source| Self::Io { action, name, source }
    }

    pub(crate) fn database(error: impl Into<redb::Error>) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

/// A commit was not made, or cannot be known to be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The claim was released, or another claim of the actor has taken over. Nothing was written.
    #[error("the actor was claimed anew: this instance may write no more and must be dropped")]
    Fenced,
    /// Too much is waiting for the disk. Nothing was written; a later try may succeed.
    #[error(
        "the store is behind by {} commits or {} bytes: try again later",
        limits::JOURNAL_QUEUE_TURNS,
        limits::UNFOLDED_BYTES
    )]
    Overloaded,
    /// The write set is over the limit of a turn. Nothing was written.
    #[error("a commit of {len_bytes} bytes is over the limit of {}: split it", limits::TURN_WRITE_BYTES)]
    TooLarge {
        /// The size of the write set, in bytes.
        len_bytes: usize,
    },
    /// The disk failed in this commit or an earlier one. Whether this commit is found after a restart is
    /// not known.
    #[error("the disk failed, see the log: the store takes no commits until the host is restarted")]
    Poisoned,
    /// The store was closed. Nothing was written.
    #[error("the store is closed: the host is shutting down")]
    Closed,
}
