//! Recurring schedules: jobs, each known by its name.

use std::ops::Bound;

use rivet_ground::limits;
use rivet_store::{KeyRange, Table};

use crate::iface::fault::Fault;
use crate::iface::inside::{Inside, host_fault};
use crate::iface::schedule::check_list;
use crate::iface::schedule::rows::{
    Due, Job, Progress, decode, encode, job_key, jobs_prefix, name_of, progress_key,
};

impl Inside {
    /// Sets a job: a new one, or in place of the one of that name. With the same cadence its next time stays.
    pub(super) fn set_job(&mut self, name: &str, job: &Job) -> Result<(), Fault> {
        let value = encode(job);
        self.check_rows(value.len())?;
        let before = self.job(name)?;
        let before_ms = before.as_ref().map(|(_, progress)| progress.next_ms);
        let next_ms = match &before {
            Some((before, progress)) if before.cadence == job.cadence => progress.next_ms,
            _ => job.cadence.first_ms(self.now_ms())?,
        };
        let progress = before.map(|(_, progress)| progress);
        if progress.is_none() {
            self.count_in()?;
            // Of one of the same name that was deleted because its action did not exist.
            if let Err(fault) = self.clear_history(name) {
                self.count_out();
                return Err(fault);
            }
        }
        let mut progress = Progress { next_ms, ..progress.unwrap_or_default() };
        self.trim_history(name, &mut progress, job.max_history)?;
        let due = Due::Job(name.to_owned());
        if before_ms != Some(next_ms) {
            if let Some(before_ms) = before_ms {
                self.delete_due(before_ms, &due)?;
            }
            self.put_due(next_ms, &due, Vec::new())?;
        }
        let key = job_key(self.identity.actor, name);
        self.overlay()?.put(Table::Schedules, key, value);
        self.put_progress(name, &progress)
    }

    /// A job and how far it is.
    pub(super) fn job(&mut self, name: &str) -> Result<Option<(Job, Progress)>, Fault> {
        let key = job_key(self.identity.actor, name);
        let Some(row) = self.overlay()?.get(Table::Schedules, &key).map_err(host_fault)? else {
            return Ok(None);
        };
        let progress = self.progress(name)?.unwrap_or_default();
        Ok(Some((decode(Table::Schedules, &row)?, progress)))
    }

    /// All jobs, those that are due first first.
    pub(super) fn jobs(&mut self) -> Result<Vec<(String, Job, Progress)>, Fault> {
        let prefix = jobs_prefix(self.identity.actor);
        let mut range = KeyRange::prefix(&prefix, usize::MAX).limit_bytes(limits::SCHEDULE_SCAN_BYTES);
        let (mut jobs, mut len_bytes) = (Vec::new(), 0);
        loop {
            let page = self.overlay()?.scan(Table::Schedules, &range).map_err(host_fault)?;
            let Some((last, _)) = page.last() else { break };
            range = range.starting(Bound::Excluded(last));
            for (key, row) in page {
                let Some(name) = name_of(&key) else { continue };
                check_list(&mut len_bytes, row.len())?;
                let progress = self.progress(name)?.unwrap_or_default();
                jobs.push((name.to_owned(), decode(Table::Schedules, &row)?, progress));
            }
        }
        jobs.sort_by_key(|(_, _, progress): &(String, Job, Progress)| progress.next_ms);
        Ok(jobs)
    }

    /// Deletes a job and its history.
    pub(super) fn delete_job(&mut self, name: &str) -> Result<bool, Fault> {
        let Some((_, progress)) = self.job(name)? else { return Ok(false) };
        self.check_rows(0)?;
        self.remove_job(name, &progress)?;
        self.clear_history(name)?;
        Ok(true)
    }

    /// Deletes a job and keeps its history.
    pub(super) fn remove_job(&mut self, name: &str, progress: &Progress) -> Result<(), Fault> {
        self.delete_due(progress.next_ms, &Due::Job(name.to_owned()))?;
        let key = job_key(self.identity.actor, name);
        self.overlay()?.delete(Table::Schedules, key);
        self.count_out();
        Ok(())
    }

    /// How far the job of a name is.
    pub(super) fn progress(&mut self, name: &str) -> Result<Option<Progress>, Fault> {
        let key = progress_key(self.identity.actor, name);
        let row = self.overlay()?.get(Table::Schedules, &key).map_err(host_fault)?;
        Ok(row.map(|row| decode(Table::Schedules, &row)).transpose()?)
    }

    pub(super) fn put_progress(&mut self, name: &str, progress: &Progress) -> Result<(), Fault> {
        let key = progress_key(self.identity.actor, name);
        self.overlay()?.put(Table::Schedules, key, encode(progress));
        Ok(())
    }

    pub(super) fn delete_progress(&mut self, name: &str) -> Result<(), Fault> {
        let key = progress_key(self.identity.actor, name);
        self.overlay()?.delete(Table::Schedules, key);
        Ok(())
    }
}
