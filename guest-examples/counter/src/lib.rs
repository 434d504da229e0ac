//! A counter: state, memory, an event, key-value data, errors and a crash.

use std::cell::Cell;

use rivet_guest::{Ctx, Event, Result, UserError, actor, export};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Counter {
    count: i64,
    /// Lives in memory only: a cold start sets it back to 0.
    #[serde(skip)]
    hits: Cell<u64>,
}

#[derive(Deserialize)]
struct Input {
    start: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    actor_id: String,
    name: String,
    key: Vec<String>,
}

#[derive(Serialize)]
struct FailDetails {
    count: i64,
}

/// Whoever listens is told the count after each increment.
#[derive(Event, Serialize)]
struct NewCount(i64);

#[actor(display_name = "Counter", icon = "🔢", events(NewCount))]
impl Counter {
    fn create_state(input: Option<Input>) -> Self {
        Self { count: input.and_then(|input| input.start).unwrap_or(0), hits: Cell::new(0) }
    }

    pub fn increment(&mut self, ctx: &Ctx, amount: Option<i64>) -> Result<i64> {
        self.hit();
        let count = self.count.checked_add(amount.unwrap_or(1));
        self.count = count.ok_or_else(|| UserError::new("The count is full.").with_code("overflow"))?;
        ctx.broadcast(&NewCount(self.count))?;
        Ok(self.count)
    }

    pub fn get(&self) -> i64 {
        self.hit();
        self.count
    }

    pub fn reset(&mut self) {
        self.hit();
        self.count = 0;
    }

    pub fn whoami(&self, ctx: &Ctx) -> Identity {
        self.hit();
        Identity { actor_id: ctx.actor_id(), name: ctx.name(), key: ctx.key() }
    }

    /// How many actions were called, this one included.
    pub fn hits(&self) -> u64 {
        self.hit();
        self.hits.get()
    }

    pub fn fail(&self, code: String, message: String) -> Result<()> {
        self.hit();
        let details = FailDetails { count: self.count };
        Err(UserError::new(message).with_code(code).with_metadata(details).into())
    }

    /// Writes state and data, then traps: nothing of it remains.
    pub fn crash(&mut self, ctx: &Ctx) -> Result<()> {
        self.hit();
        self.count += 1;
        ctx.kv().put("crashed", "yes")?;
        panic!("crash() was called");
    }

    fn hit(&self) {
        self.hits.set(self.hits.get() + 1);
    }
}

export!(Counter);

#[cfg(test)]
mod tests;
