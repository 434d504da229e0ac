//! Lines that a guest writes into the host's log.

use std::sync::Arc;
use std::time::Duration;

use rivet_ground::{Clock, cut, limits};

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

/// The log of one instance: tagged with the actor and its component, limited in rate by a token bucket.
pub(crate) struct LogLines {
    actor: String,
    component: Arc<str>,
    clock: Arc<dyn Clock>,
    tokens: f64,
    refilled_at: Duration,
    dropped_lines: u64,
}

impl LogLines {
    pub(crate) fn new(actor: String, component: Arc<str>, clock: Arc<dyn Clock>) -> Self {
        let refilled_at = clock.monotonic();
        Self {
            actor,
            component,
            clock,
            tokens: f64::from(limits::LOG_BURST_LINES),
            refilled_at,
            dropped_lines: 0,
        }
    }

    /// Writes a line, or counts it as dropped.
    pub(crate) fn write(&mut self, level: Level, message: &str) {
        let now = self.clock.monotonic();
        let earned =
            now.saturating_sub(self.refilled_at).as_secs_f64() * f64::from(limits::LOG_LINES_PER_SECOND);
        self.tokens = (self.tokens + earned).min(f64::from(limits::LOG_BURST_LINES));
        self.refilled_at = now;
        if self.tokens < 1.0 {
            if self.dropped_lines == 0 {
                tracing::warn!(
                    target: "guest", actor = %self.actor, component = %self.component,
                    "logs too fast: over {} lines a second; dropping lines", limits::LOG_LINES_PER_SECOND,
                );
            }
            self.dropped_lines += 1;
            return;
        }
        self.tokens -= 1.0;
        if self.dropped_lines > 0 {
            self.emit(Level::Warn, &format!("{} log lines were dropped", self.dropped_lines));
            self.dropped_lines = 0;
        }
        self.emit(level, cut(message.trim_end_matches(['\r', '\n']), limits::LOG_LINE_BYTES));
    }

    fn emit(&self, level: Level, message: &str) {
        let (actor, component) = (&self.actor, &self.component);
        match level {
            Level::Trace => tracing::trace!(target: "guest", %actor, %component, "{message}"),
            Level::Debug => tracing::debug!(target: "guest", %actor, %component, "{message}"),
            Level::Info => tracing::info!(target: "guest", %actor, %component, "{message}"),
            Level::Warn => tracing::warn!(target: "guest", %actor, %component, "{message}"),
            Level::Error => tracing::error!(target: "guest", %actor, %component, "{message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rivet_ground::ManualClock;

    #[test]
    fn a_flood_is_dropped_and_a_pause_refills() {
        let clock = Arc::new(ManualClock::at(0));
        let mut lines = LogLines::new("a".into(), "c".into(), clock.clone());
        for _ in 0..limits::LOG_BURST_LINES + 5 {
            lines.write(Level::Info, "x");
        }
        assert_eq!(lines.dropped_lines, 5);
        clock.advance_ms(1000);
        lines.write(Level::Info, "x");
        assert_eq!(lines.dropped_lines, 0);
    }
}
