//! The host's log.

use std::fmt;

use crate::host::{self, Level};

/// Writes lines into the host's log, tagged there with the actor and its component.
///
/// A line is written at once, whatever becomes of the turn. One over 16 KiB is cut, and lines past the
/// host's rate limit are dropped.
#[derive(Clone, Debug)]
pub struct Log {
    _private: (),
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { _private: () }
    }

    /// A line of the finest level.
    pub fn trace(&self, message: impl fmt::Display) {
        host::log::write(Level::Trace, &message.to_string());
    }

    /// A line for whoever develops the actor.
    pub fn debug(&self, message: impl fmt::Display) {
        host::log::write(Level::Debug, &message.to_string());
    }

    /// A line about something ordinary.
    pub fn info(&self, message: impl fmt::Display) {
        host::log::write(Level::Info, &message.to_string());
    }

    /// A line about something that should not be.
    pub fn warn(&self, message: impl fmt::Display) {
        host::log::write(Level::Warn, &message.to_string());
    }

    /// A line about something that failed.
    pub fn error(&self, message: impl fmt::Display) {
        host::log::write(Level::Error, &message.to_string());
    }
}
