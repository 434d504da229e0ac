//! Copies an actor between two of its turns.

use std::ops::Bound;

use rivet_ground::{ActorError, ActorId, limits};
use rivet_store::{Claim, KeyRange, Snapshots, Store, Table, WriteSet};

use crate::actor::call::{Copied, Fork};
use crate::actor::supervisor::{Shared, internal};
use crate::actor::task::ActorTask;
use crate::actor::waiter::Waiter;

impl ActorTask {
    /// Copies the state, the KV data, the SQL database and the memory of the actor. What was said and who is connected is not copied.
    pub(super) async fn fork(&mut self, fork: Fork) {
        let Fork { to, answer } = fork;
        let copied = self.copy(to).await;
        if let Err(error) = &copied {
            tracing::warn!(actor = %self.start.record.id, "it could not be copied: {error}");
        }
        let shared = &self.supervisor.shared;
        if let Err(Ok(copied)) = answer.send(copied.map_err(Into::into)) {
            // Nobody waits for it any more: what was copied is swept away.
            shared.store.release(copied.claim);
            shared.copies.lock().remove(&to);
            self.supervisor.reclaim();
        }
    }

    async fn copy(&mut self, to: ActorId) -> Result<Copied, ActorError> {
        let shared = self.supervisor.shared.clone();
        let claim = shared.store.claim(to).map_err(internal)?;
        let copied = self.copy_under(&shared, to, claim).await;
        if copied.is_err() {
            shared.store.release(claim);
        }
        copied
    }

    async fn copy_under(&mut self, shared: &Shared, to: ActorId, claim: Claim) -> Result<Copied, ActorError> {
        let (store, from) = (&shared.store, self.start.record.id);
        let run = self.calls.iter().find(|(_, waiter)| matches!(waiter, Waiter::Run)).map(|(call, _)| *call);
        let snapshot = self.snapshot(run, claim).await;
        // A copy that is not finished belongs to nobody, and is swept away after a crash.
        let mut begin = WriteSet::new();
        begin.put(Table::Reclaim, to.as_bytes().to_vec(), Vec::new());
        commit(store, claim, begin).await?;
        for table in [Table::Kv, Table::SqlPages] {
            copy_rows(store, table, claim, from, to).await?;
        }
        let mut writes = Vec::new();
        let no_memory = match snapshot {
            Ok(snapshot) => {
                writes = Snapshots::writes(to, &snapshot);
                None
            }
            Err(reason) => Some(reason),
        };
        let mut last = writes.pop().unwrap_or_default();
        for writes in writes {
            commit(store, claim, writes).await?;
        }
        for table in [Table::State, Table::Usage] {
            if let Some(value) = store.get(table, from.as_bytes()).map_err(internal)? {
                last.put(table, to.as_bytes().to_vec(), value);
            }
        }
        last.delete(Table::Reclaim, to.as_bytes().to_vec());
        Ok(Copied { writes: last.fenced(claim), no_memory, claim })
    }
}

/// Copies the rows of a table, in as many commits as it takes: the actor has no turn meanwhile.
async fn copy_rows(
    store: &Store,
    table: Table,
    claim: Claim,
    from: ActorId,
    to: ActorId,
) -> Result<(), ActorError> {
    let mut range = KeyRange::prefix(from.as_bytes(), usize::MAX).limit_bytes(limits::COPY_BYTES);
    loop {
        let rows = store.scan(table, &range).map_err(internal)?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        range = range.starting(Bound::Excluded(last));
        let mut writes = WriteSet::new();
        for (key, value) in rows {
            let own = key.get(from.as_bytes().len()..).unwrap_or_default();
            writes.put(table, [to.as_bytes().as_slice(), own].concat(), value);
        }
        commit(store, claim, writes).await?;
    }
}

async fn commit(store: &Store, claim: Claim, writes: WriteSet) -> Result<(), ActorError> {
    store.commit_durable(writes.fenced(claim)).await.map_err(|error| {
        ActorError::new("core", "internal_error", format!("the copy could not be saved: {error}"))
    })
}
