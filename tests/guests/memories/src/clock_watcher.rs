//! Prints and looks at the clock: what a libc keeps open for that must be there after sleep.

#![allow(clippy::disallowed_methods, reason = "it is the guest's clock that this looks at")]

use std::cell::Cell;
use std::time::{Instant, SystemTime};

use rivet_guest::actor;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct ClockWatcher {
    #[serde(skip)]
    started: Cell<Option<Instant>>,
}

#[actor]
impl ClockWatcher {
    /// Says something on both streams, half a line of it without an end.
    pub fn say(&self, word: String) {
        self.started.set(Some(self.started.get().unwrap_or_else(Instant::now)));
        println!("out {word} at {}", SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).is_ok());
        eprintln!("err {word}");
        print!("half of {word} ");
    }

    /// Milliseconds since it first said something, by a clock that never goes back.
    pub fn elapsed_ms(&self) -> Option<u64> {
        self.started.get().map(|started| started.elapsed().as_millis() as u64)
    }
}
