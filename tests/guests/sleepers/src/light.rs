//! Falls asleep as soon as it may, and tells how it woke.

use std::cell::Cell;

use rivet_guest::{Conn, Ctx, Result, UserError, Wake, actor};
use serde::{Deserialize, Serialize};

use crate::log;

#[derive(Default, Serialize, Deserialize)]
pub struct Light {
    count: u64,
    #[serde(skip)]
    calls: Cell<u64>,
    #[serde(skip)]
    fails_to_sleep: Cell<bool>,
}

#[actor(sleep_timeout_ms = 200)]
impl Light {
    fn on_wake(&mut self, wake: Wake) {
        log::note(format!("{wake:?}"));
    }

    fn on_sleep(&mut self, ctx: &Ctx) -> Result<()> {
        log::note(format!("asleep, aborted: {}", ctx.is_aborted()));
        if self.fails_to_sleep.get() {
            return Err(UserError::new("I will not.").into());
        }
        Ok(())
    }

    fn on_disconnect(&self, conn: Conn) {
        // Not of a call over HTTP.
        if conn.hibernates() {
            log::note("disconnect");
        }
    }

    pub fn add(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// How many calls of this there were since the last cold start.
    pub fn calls(&self) -> u64 {
        self.calls.set(self.calls.get() + 1);
        self.calls.get()
    }

    pub fn log(&self) -> Vec<String> {
        log::lines()
    }

    pub fn aborted(&self, ctx: &Ctx) -> bool {
        ctx.is_aborted()
    }

    pub fn generation(&self, ctx: &Ctx) -> u64 {
        ctx.generation()
    }

    /// Asks for sleep, and again, and still answers.
    pub fn nap(&self, ctx: &Ctx) -> Result<String> {
        ctx.request_sleep()?;
        Ok(match ctx.request_sleep() {
            Err(error) => error.to_string(),
            Ok(()) => "twice".to_owned(),
        })
    }

    pub fn refuse_to_sleep(&self) {
        self.fails_to_sleep.set(true);
    }

    pub fn crash(&self) {
        panic!("crash() was called");
    }
}
