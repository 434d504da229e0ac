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
    /// What came through each channel behind the last end of a line.
    partial: [Vec<u8>; 2],
}

/// A way of bytes into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Out,
    Err,
}

impl Channel {
    const ALL: [Self; 2] = [Self::Out, Self::Err];

    fn level(self) -> Level {
        match self {
            Self::Out => Level::Info,
            Self::Err => Level::Warn,
        }
    }
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
            partial: Default::default(),
        }
    }

    /// Collects bytes into lines, and writes those that are whole.
    pub(crate) fn append(&mut self, channel: Channel, bytes: &[u8]) {
        let mut pieces = bytes.split(|&byte| byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            let partial = self.partial_of(channel);
            // What passes the limit of a line is not kept, only the line's end is waited for.
            let room = limits::LOG_LINE_BYTES.saturating_sub(partial.len());
            partial.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if pieces.peek().is_some() {
                let line = std::mem::take(partial);
                self.line(channel, &line);
            }
        }
    }

    /// What was not ended with a line yet, of each channel.
    pub(crate) fn partial(&self) -> [Vec<u8>; 2] {
        self.partial.clone()
    }

    /// Takes over what another instance had not ended.
    pub(crate) fn set_partial(&mut self, partial: [Vec<u8>; 2]) {
        self.partial = partial;
    }

    fn partial_of(&mut self, channel: Channel) -> &mut Vec<u8> {
        let [out, err] = &mut self.partial;
        match channel {
            Channel::Out => out,
            Channel::Err => err,
        }
    }

    fn line(&mut self, channel: Channel, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.write(channel.level(), &String::from_utf8_lossy(bytes));
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

impl Drop for LogLines {
    fn drop(&mut self) {
        for channel in Channel::ALL {
            let rest = std::mem::take(self.partial_of(channel));
            self.line(channel, &rest);
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
