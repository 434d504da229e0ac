//! What jobs have done.

use rivet_ground::{ActorError, ScheduleError, cut, limits};
use rivet_store::{KeyRange, Table, WriteSet};

use crate::iface::fault::Fault;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::schedule::rows::{
    Blob, Firing, Outcome, Place, Progress, decode, encode, history_key, history_prefix, name_of,
    progress_prefix,
};

impl Inside {
    /// What a job has done, newest first. What was interrupted is shown, and from here on written, as such.
    pub(super) fn history(&mut self, name: &str, limit: u32) -> Result<Vec<Firing>, Fault> {
        if let Some(mut progress) = self.progress(name)?
            && self.end_interrupted(name, &mut progress)?
        {
            self.put_progress(name, &progress)?;
        }
        let prefix = history_prefix(self.identity.actor, name);
        let rows = limit.min(limits::SCHEDULE_HISTORY_ROWS) as usize;
        let range = KeyRange::prefix(&prefix, rows).reversed(true);
        let rows = self.overlay()?.scan(Table::ScheduleHistory, &range).map_err(host_fault)?;
        let firings = rows.iter().map(|(_, row)| decode(Table::ScheduleHistory, row));
        Ok(firings.collect::<wasmtime::Result<_>>()?)
    }

    /// Adds a firing to the history of a job, within what the job keeps and what the actor does.
    pub(super) fn add_history(
        &mut self,
        name: &str,
        progress: &mut Progress,
        max_history: u32,
        place: Place,
        firing: &Firing,
    ) -> Result<(), Fault> {
        if max_history == 0 {
            return Ok(());
        }
        self.trim_history(name, progress, max_history - 1)?;
        if self.history_rows()? >= limits::ACTOR_HISTORY_ROWS {
            self.trim_longest(name, progress)?;
        }
        let key = history_key(self.identity.actor, name, place);
        self.overlay()?.put(Table::ScheduleHistory, key, encode(firing));
        progress.rows += 1;
        self.agenda.history_rows = self.agenda.history_rows.map(|rows| rows + 1);
        Ok(())
    }

    /// Writes how a firing ended, if it is still in the history.
    pub(super) fn end_history(&mut self, name: &str, place: Place, outcome: Outcome) -> Result<(), Fault> {
        let (key, now_ms) = (history_key(self.identity.actor, name, place), self.now_ms());
        let overlay = self.overlay()?;
        let Some(row) = overlay.get(Table::ScheduleHistory, &key).map_err(host_fault)? else {
            return Ok(());
        };
        let firing: Firing = decode(Table::ScheduleHistory, &row)?;
        let firing = Firing { finished_ms: Some(now_ms), outcome, ..firing };
        overlay.put(Table::ScheduleHistory, key, encode(&firing));
        Ok(())
    }

    /// Notes that a run was interrupted if it is not going on in this instance; whether that was so.
    pub(super) fn end_interrupted(&mut self, name: &str, progress: &mut Progress) -> Result<bool, Fault> {
        let Some(place) = progress.running.filter(|place| !self.is_running(name, *place)) else {
            return Ok(false);
        };
        progress.running = None;
        self.end_history(name, place, error_outcome(ScheduleError::Interrupted.into()))?;
        Ok(true)
    }

    /// Removes the oldest rows of a job's history beyond so many.
    pub(super) fn trim_history(
        &mut self,
        name: &str,
        progress: &mut Progress,
        most: u32,
    ) -> Result<(), Fault> {
        let surplus = progress.rows.saturating_sub(most);
        if surplus > 0 {
            progress.rows -= self.delete_oldest(name, surplus as usize)?;
        }
        Ok(())
    }

    /// Removes all of a job's history, and how far it was.
    pub(super) fn clear_history(&mut self, name: &str) -> Result<(), Fault> {
        if self.progress(name)?.is_some() {
            self.delete_oldest(name, limits::SCHEDULE_HISTORY_ROWS as usize)?;
            self.delete_progress(name)?;
        }
        Ok(())
    }

    fn delete_oldest(&mut self, name: &str, count: usize) -> Result<u32, Fault> {
        let range = KeyRange::prefix(&history_prefix(self.identity.actor, name), count);
        let rows = self.overlay()?.scan(Table::ScheduleHistory, &range).map_err(host_fault)?;
        self.check_room(rows.iter().map(|(key, _)| WriteSet::ROW_BYTES + key.len()).sum())?;
        let deleted = rows.len() as u32;
        for (key, _) in rows {
            self.overlay()?.delete(Table::ScheduleHistory, key);
        }
        self.agenda.history_rows = self.agenda.history_rows.map(|rows| rows.saturating_sub(deleted));
        Ok(deleted)
    }

    /// Makes room for one more row of history of the actor: the oldest of the job that has the longest goes.
    fn trim_longest(&mut self, name: &str, own: &mut Progress) -> Result<(), Fault> {
        let all = self.all_progress()?;
        let longest =
            all.into_iter().filter(|(other, _)| other != name).max_by_key(|(_, progress)| progress.rows);
        match longest {
            Some((other, mut progress)) if progress.rows > own.rows => {
                let most = progress.rows - 1;
                self.trim_history(&other, &mut progress, most)?;
                if progress.rows == 0 && self.job(&other)?.is_none() {
                    return self.delete_progress(&other);
                }
                self.put_progress(&other, &progress)
            }
            _ => self.trim_history(name, own, own.rows.saturating_sub(1)),
        }
    }

    /// Rows of history of all jobs, from the store at the first use.
    fn history_rows(&mut self) -> Result<u32, Fault> {
        if let Some(rows) = self.agenda.history_rows {
            return Ok(rows);
        }
        let rows = self.all_progress()?.iter().map(|(_, progress)| progress.rows).sum();
        self.agenda.history_rows = Some(rows);
        Ok(rows)
    }

    /// How far all jobs are, and those that are gone and have left a history. There are no more of them than there may be
    /// schedules and rows of history.
    fn all_progress(&mut self) -> Result<Vec<(String, Progress)>, Fault> {
        let range = KeyRange::prefix(&progress_prefix(self.identity.actor), usize::MAX);
        let rows = self.overlay()?.scan(Table::Schedules, &range).map_err(host_fault)?;
        let mut all = Vec::new();
        for (key, row) in rows {
            all.extend(name_of(&key).map(|name| Ok((name.to_owned(), decode(Table::Schedules, &row)?))));
        }
        Ok(all.into_iter().collect::<wasmtime::Result<_>>()?)
    }
}

/// An error as the history tells it: in the words that a caller would see.
pub(super) fn error_outcome(error: ActorError) -> Outcome {
    let ActorError { group, code, message, metadata } = error.masked();
    let short = |text: String| cut(&text, limits::REPORT_TEXT_BYTES).to_owned();
    let metadata = metadata.filter(|metadata| metadata.len() <= limits::REPORT_TEXT_BYTES);
    Outcome::Error {
        group: short(group),
        code: short(code),
        message: short(message),
        metadata: metadata.map(|metadata| Blob(metadata.into())),
    }
}
