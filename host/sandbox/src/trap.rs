//! Why a turn was dropped.

use std::fmt;

use rivet_ground::{cut, limits};
use wasmtime::WasmBacktrace;

use crate::budget::Exhausted;

/// A turn that ended in a trap. The instance is gone with it.
#[derive(Debug)]
pub struct Trap {
    /// What kind of end it was.
    pub kind: TrapKind,
    /// What happened, for the log.
    pub message: String,
    /// The guest's stack, innermost first; with source lines when the component carries debug info.
    pub frames: Vec<Frame>,
}

/// The kinds of trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrapKind {
    /// The guest trapped: a panic, an out-of-bounds access, a stack overflow, an exit.
    Guest,
    /// A budget ran out: CPU, memory, tables.
    Budget,
    /// The host could not go on: its store failed, or no instance was free.
    Host,
}

/// One frame of the guest's stack.
#[derive(Debug)]
pub struct Frame {
    /// The function, demangled.
    pub function: String,
    /// `file:line`, when the component carries debug info.
    pub source: Option<String>,
}

/// The host could not serve a turn: the end of the turn, but not the guest's doing.
#[derive(Debug, thiserror::Error)]
#[error("the host failed during the turn: {0}")]
pub(crate) struct HostFault(pub(crate) String);

impl Trap {
    /// The host could not go on.
    pub(crate) fn host(message: &str) -> Self {
        Self { kind: TrapKind::Host, message: message.to_owned(), frames: Vec::new() }
    }

    pub(crate) fn new(error: &wasmtime::Error) -> Self {
        let kind = if error.downcast_ref::<Exhausted>().is_some() {
            TrapKind::Budget
        } else if error.downcast_ref::<HostFault>().is_some() {
            TrapKind::Host
        } else {
            TrapKind::Guest
        };
        // The backtrace is the outermost context of the error; the reason is what lies beneath it.
        let message = report_text(&error.root_cause().to_string());
        let frames = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
        Self { kind, message, frames }
    }

    /// Where in the user's own code it happened: not in the language's runtime or in the SDK.
    pub fn source(&self) -> Option<&str> {
        self.own_frames().find_map(|frame| frame.source.as_deref())
    }

    /// The frames that say something to the guest's author: without those of the language's runtime, through which
    /// every panic goes. All frames, when none has a source line.
    pub fn own_frames(&self) -> impl Iterator<Item = &Frame> {
        let known = self.frames.iter().any(|frame| frame.source.is_some());
        self.frames.iter().filter(move |frame| !known || frame.source.as_deref().is_some_and(is_own))
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(source) = self.source() {
            write!(f, " at {source}")?;
        }
        Ok(())
    }
}

fn is_own(source: &str) -> bool {
    let foreign = ["/rustc/", "library/std", "library/core", "library/alloc", "/dlmalloc", "guest-sdk/rust/"];
    !foreign.iter().any(|part| source.contains(part))
}

fn demangled(name: &str) -> String {
    report_text(&format!("{:#}", rustc_demangle::demangle(cut(name, limits::REPORT_TEXT_BYTES))))
}

/// A text that may be of the guest's making, as a report has it.
fn report_text(text: &str) -> String {
    cut(text, limits::REPORT_TEXT_BYTES).to_owned()
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    let mut out = Vec::new();
    for frame in backtrace.frames().iter().take(limits::TRAP_FRAMES) {
        let fallback =
            || frame.func_name().map_or_else(|| format!("function {}", frame.func_index()), report_text);
        if frame.symbols().is_empty() {
            out.push(Frame { function: fallback(), source: None });
        }
        for symbol in frame.symbols() {
            let source = symbol.file().map(|file| match symbol.line() {
                Some(line) => format!("{}:{line}", cut(file, limits::REPORT_TEXT_BYTES)),
                None => report_text(file),
            });
            out.push(Frame { function: symbol.name().map_or_else(fallback, demangled), source });
        }
    }
    out.truncate(limits::TRAP_FRAMES);
    out
}
