//! Never falls asleep by itself.

use rivet_guest::actor;
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
pub struct Insomniac {}

#[actor(sleep_timeout_ms = 100, no_sleep = true)]
impl Insomniac {
    pub fn hello(&self) -> String {
        "awake".to_owned()
    }
}
