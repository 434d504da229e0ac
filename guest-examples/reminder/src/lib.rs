//! Reminders: what an actor is to do later, whatever happens until then.

use std::time::Duration;

use rivet_guest::{Ctx, Event, Result, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Reminder {}

/// The event that is broadcast when it is time.
#[derive(Event, Serialize)]
#[event(name = "reminder")]
struct Reminded {
    message: String,
}

/// A reminder that is still to come.
#[derive(Serialize)]
struct Pending {
    id: String,
    run_at_ms: u64,
}

/// The action that a schedule runs. Like every action it may be called, too.
const ANNOUNCE: &str = "announce";

#[actor(display_name = "Reminder", icon = "⏰", events(Reminded))]
impl Reminder {
    /// Says the message in so many milliseconds, awake or asleep, and gives what [`Reminder::cancel`] takes.
    pub fn remind(&self, ctx: &Ctx, after_ms: u64, message: String) -> Result<String> {
        ctx.schedule().after(Duration::from_millis(after_ms), ANNOUNCE, &(message,))
    }

    pub fn announce(&self, ctx: &Ctx, message: String) -> Result<()> {
        ctx.broadcast(&Reminded { message })
    }

    pub fn pending(&self, ctx: &Ctx) -> Result<Vec<Pending>> {
        let scheduled = ctx.schedule().list()?.into_iter();
        Ok(scheduled.map(|one| Pending { id: one.id, run_at_ms: one.run_at_ms }).collect())
    }

    pub fn cancel(&self, ctx: &Ctx, id: String) -> Result<bool> {
        ctx.schedule().cancel(&id)
    }
}

export!(Reminder);

#[cfg(test)]
mod tests;
