//! `rivet:actor/schedule`, and what it shares with `rivet:actor/cron`.

mod agenda;
mod args;
mod cron;
mod firing;
mod history;
mod jobs;
mod rows;

pub(super) use agenda::Agenda;
pub use agenda::SchedulesView;
pub use firing::Claim;
pub(super) use firing::Run;

use rivet_ground::{ActorError, ScheduleError, limits};
use rivet_store::Table;
use uuid::Uuid;

use crate::bindings::rivet::actor::schedule::{Entry, Host};
use crate::guest::Guest;
use crate::iface::fault::{Fault, Faulty, finish};
use crate::iface::inside::{Inside, host_fault};
use rows::{Blob, Due, Once, decode, due_key, due_ms, encode};

impl Host for Guest {
    fn after(&mut self, delay_ms: u64, action: String, args: Vec<u8>) -> Faulty<String> {
        let time_ms = self.inside.now_ms().saturating_add(delay_ms);
        finish(self.inside.schedule_at(time_ms, action, args))
    }

    fn at(&mut self, time_ms: u64, action: String, args: Vec<u8>) -> Faulty<String> {
        finish(self.inside.schedule_at(time_ms, action, args))
    }

    fn cancel(&mut self, id: String) -> Faulty<bool> {
        finish(self.inside.schedule_cancel(&id))
    }

    fn get(&mut self, id: String) -> Faulty<Option<Entry>> {
        finish(self.inside.schedule_get(&id).map(|found| found.map(|(_, entry)| entry)))
    }

    fn list(&mut self) -> Faulty<Vec<Entry>> {
        finish(self.inside.schedule_list())
    }
}

impl Inside {
    fn schedule_at(&mut self, time_ms: u64, action: String, args: Vec<u8>) -> Result<String, Fault> {
        let once = Once { action: checked_action(action)?, args: Blob(args::normalized(args)?) };
        let value = encode(&once);
        self.check_rows(value.len())?;
        self.count_in()?;
        let time_ms = time_ms.min(limits::SCHEDULE_TIME_MS);
        let id = new_id(time_ms);
        self.put_due(time_ms, &Due::Once(id), value)?;
        Ok(id.to_string())
    }

    fn schedule_cancel(&mut self, id: &str) -> Result<bool, Fault> {
        let Some((id, _)) = self.schedule_get(id)? else { return Ok(false) };
        self.check_rows(0)?;
        self.delete_due(due_ms(id), &Due::Once(id))?;
        self.count_out();
        Ok(true)
    }

    fn schedule_get(&mut self, id: &str) -> Result<Option<(Uuid, Entry)>, Fault> {
        let actor = self.identity.actor;
        let overlay = self.overlay()?;
        let Ok(id) = id.parse::<Uuid>() else { return Ok(None) };
        let key = due_key(actor, due_ms(id), &Due::Once(id));
        let Some(row) = overlay.get(Table::Schedules, &key).map_err(host_fault)? else { return Ok(None) };
        Ok(Some((id, entry(id, &row)?)))
    }

    fn schedule_list(&mut self) -> Result<Vec<Entry>, Fault> {
        let (mut entries, mut len_bytes) = (Vec::new(), 0);
        self.each_due(|_, due, row| {
            if let Due::Once(id) = due {
                check_list(&mut len_bytes, row.len())?;
                entries.push(entry(id, &row)?);
            }
            Ok(())
        })?;
        Ok(entries)
    }
}

fn entry(id: Uuid, row: &[u8]) -> Result<Entry, Fault> {
    let Once { action, args } = decode(Table::Schedules, row)?;
    Ok(Entry { id: id.to_string(), action, args: args.0, run_at_ms: due_ms(id) })
}

/// An id that says when its schedule is due: a UUID of version 8 (RFC 9562), 48 bits of time and 74 of chance.
fn new_id(due_ms: u64) -> Uuid {
    let time = u128::from(due_ms) << 80;
    let chance = rand::random::<u128>() & ((1 << 80) - 1);
    uuid::Builder::from_custom_bytes((time | chance).to_be_bytes()).into_uuid()
}

/// Counts what a list gives.
fn check_list(len_bytes: &mut usize, more_bytes: usize) -> Result<(), ActorError> {
    *len_bytes += more_bytes;
    if *len_bytes <= limits::KV_LIST_BYTES {
        return Ok(());
    }
    let message = format!("the list has over {} bytes, the most that one call gives", limits::KV_LIST_BYTES);
    Err(ActorError::new("schedule", "list_too_large", message))
}

fn checked_action(action: String) -> Result<String, ScheduleError> {
    if action.len() <= limits::SCHEDULE_ACTION_BYTES {
        return Ok(action);
    }
    let reason = format!("the action's name is over {} bytes", limits::SCHEDULE_ACTION_BYTES);
    Err(ScheduleError::InvalidArgs { reason })
}

#[cfg(test)]
mod tests;
