//! What every reader and every committer of a store shares, under one lock.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::{Receiver, Sender, sync_channel};

use bytes::Bytes;
use rivet_ground::limits;

use crate::claims::Claims;
use crate::database::View;
use crate::fold::Wish;
use crate::layer::Layer;
use crate::ledger::{Commit, Done, Message};
use crate::merge::{Budget, Merge, Row};
use crate::progress::Progress;
use crate::write_set::RowWrite;
use crate::{Claim, CommitError, KeyRange, Seq, StoreError, Table, WriteSet};

/// The rows of the store in three layers, newest first, and the end of the queue to the ledger. One lock
/// around all of it makes the order of commits, of their rows, and of their journal records one order,
/// and makes the rows of a commit visible together.
pub(crate) struct State {
    /// Commits since the last fold began.
    active: Layer,
    active_bytes: usize,
    /// Commits that a fold is writing to the database.
    folding: Option<Arc<Layer>>,
    folding_bytes: usize,
    /// What was folded before.
    view: Arc<View>,
    claims: Claims,
    last_seq: Seq,
    closed: bool,
    ledger: Sender<Message>,
}

/// A fold that has begun.
pub(crate) struct Fold {
    pub(crate) rows: Arc<Layer>,
    /// The last commit that is in the rows.
    pub(crate) last_seq: Seq,
    /// Answers once all of them are durable, with the journal file that they are in.
    pub(crate) rotated: Receiver<Result<Option<String>, CommitError>>,
}

impl State {
    pub(crate) fn new(view: View, last_seq: Seq, ledger: Sender<Message>) -> Self {
        Self {
            active: Layer::default(),
            active_bytes: 0,
            folding: None,
            folding_bytes: 0,
            view: Arc::new(view),
            claims: Claims::default(),
            last_seq,
            closed: false,
            ledger,
        }
    }

    /// Makes the rows of a commit that was admitted visible, and queues it.
    pub(crate) fn commit(
        &mut self,
        writes: WriteSet,
        done: Done,
        progress: &Progress,
    ) -> Result<(Seq, Wish), CommitError> {
        let claim = writes.claim();
        let mut rows = writes.into_rows();
        let seq = if rows.is_empty() { self.last_seq } else { self.last_seq + 1 };
        if let Some(claim) = claim
            && !rows.is_empty()
            && self.claims.note_commit(claim)
        {
            // First, so that a commit which deletes the row has the last word.
            rows.insert(0, generation_row(claim));
        }
        progress.queued.fetch_add(1, SeqCst);
        let commit = Commit { seq, rows: rows.clone(), done };
        if self.ledger.send(Message::Commit(commit)).is_err() {
            return Err(CommitError::Closed);
        }
        self.last_seq = seq;
        Ok((seq, self.lay(rows)))
    }

    /// Checks whether a commit may be made now.
    pub(crate) fn admit(&self, writes: &WriteSet, progress: &Progress) -> Result<(), CommitError> {
        let len_bytes = writes.len_bytes();
        if self.closed {
            return Err(CommitError::Closed);
        }
        if progress.is_poisoned() {
            return Err(CommitError::Poisoned);
        }
        if writes.claim().is_some_and(|claim| !self.claims.is_current(claim)) {
            return Err(CommitError::Fenced);
        }
        if len_bytes > limits::TURN_WRITE_BYTES {
            return Err(CommitError::TooLarge { len_bytes });
        }
        let queue_is_full = progress.queued.load(SeqCst) >= limits::JOURNAL_QUEUE_TURNS;
        if queue_is_full || self.unfolded_bytes() + len_bytes > limits::UNFOLDED_BYTES {
            return Err(CommitError::Overloaded);
        }
        Ok(())
    }

    fn lay(&mut self, rows: Vec<RowWrite>) -> Wish {
        let before = self.active_bytes;
        for row in rows {
            self.active_bytes += row.len_bytes();
            self.active.write(row);
        }
        let most = limits::JOURNAL_FOLD_BYTES as usize;
        match (before, self.active_bytes) {
            (before, now) if before < most && now >= most => Wish::Now,
            (0, now) if now > 0 => Wish::Soon,
            _ => Wish::None,
        }
    }

    /// What the unfolded rows say of a key: nothing, that it is deleted, or its value.
    pub(crate) fn unfolded(&self, table: Table, key: &[u8]) -> Option<Option<Bytes>> {
        let folding = || self.folding.as_ref().and_then(|layer| layer.get(table, key));
        self.active.get(table, key).or_else(folding)
    }

    /// The unfolded rows of a range below those of an overlay: as many as a scan of the range needs of them.
    pub(crate) fn unfolded_range(&self, over: Option<&Layer>, table: Table, range: &KeyRange) -> Vec<Row> {
        let none = || Box::new(std::iter::empty()) as Box<dyn Iterator<Item = Row>>;
        let over = over.map_or_else(none, |layer| layer.range(table, range));
        let folding = self.folding.as_ref().map_or_else(none, |layer| layer.range(table, range));
        let unfolded = Merge::new(self.active.range(table, range), folding, range.reverse);
        let mut budget = Budget::new(range);
        let mut rows = Vec::new();
        for (key, value) in Merge::new(over, unfolded, range.reverse) {
            if budget.is_spent() {
                break;
            }
            if let Some(value) = &value {
                budget.spend(&key, value);
            }
            rows.push((key, value));
        }
        rows
    }

    /// What was folded before the unfolded rows.
    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view)
    }

    /// Makes a claim an actor's current one.
    pub(crate) fn claim(&mut self, actor: rivet_ground::ActorId) -> Result<Claim, StoreError> {
        let table = Table::Generations;
        let row = match self.unfolded(table, actor.as_bytes()) {
            Some(row) => row,
            None => self.view.get(table, actor.as_bytes())?,
        };
        let bad = StoreError::BadRow { table: table.name() };
        let newest = match row {
            Some(row) => row.as_ref().try_into().map(u64::from_be_bytes).map_err(|_| bad)?,
            None => 0,
        };
        Ok(self.claims.take(actor, newest.saturating_add(1)))
    }

    /// Gives a claim up.
    pub(crate) fn release(&mut self, claim: Claim) {
        self.claims.release(claim);
    }

    /// Begins a fold of all commits so far, if there are any that are not folded.
    pub(crate) fn begin_fold(&mut self) -> Result<Option<Fold>, CommitError> {
        if self.active.is_empty() {
            return Ok(None);
        }
        let (answer, rotated) = sync_channel(1);
        // Under the lock, so that the old journal file ends with the last commit of the layer.
        self.ledger.send(Message::Rotate(answer)).map_err(|_| CommitError::Closed)?;
        let rows = Arc::new(std::mem::take(&mut self.active));
        self.folding_bytes = std::mem::take(&mut self.active_bytes);
        self.folding = Some(Arc::clone(&rows));
        Ok(Some(Fold { rows, last_seq: self.last_seq, rotated }))
    }

    /// Ends a fold: its rows are now read from the database.
    pub(crate) fn end_fold(&mut self, view: View) {
        self.view = Arc::new(view);
        self.folding = None;
        self.folding_bytes = 0;
    }

    /// Refuses all commits from here on.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    /// Lets the ledger end behind everything that is queued.
    pub(crate) fn close_ledger(&self) {
        // It may have ended before.
        let _ = self.ledger.send(Message::Close);
    }

    pub(crate) fn last_seq(&self) -> Seq {
        self.last_seq
    }

    pub(crate) fn unfolded_bytes(&self) -> usize {
        self.active_bytes + self.folding_bytes
    }
}

fn generation_row(claim: Claim) -> RowWrite {
    RowWrite {
        table: Table::Generations,
        key: Bytes::copy_from_slice(claim.actor().as_bytes()),
        value: Some(Bytes::copy_from_slice(&claim.generation().to_be_bytes())),
    }
}
