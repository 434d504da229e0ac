//! `rivet:actor/log`.

use crate::bindings::rivet::actor::log::{Host, Level as WitLevel};
use crate::guest::Guest;
use crate::log_lines::Level;

impl Host for Guest {
    fn write(&mut self, level: WitLevel, message: String) -> wasmtime::Result<()> {
        let level = match level {
            WitLevel::Trace => Level::Trace,
            WitLevel::Debug => Level::Debug,
            WitLevel::Info => Level::Info,
            WitLevel::Warn => Level::Warn,
            WitLevel::Error => Level::Error,
        };
        self.inside.log(level, &message);
        Ok(())
    }
}
