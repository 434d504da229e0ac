//! The stream behind stdout and stderr.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use rivet_ground::limits;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::log_lines::{Level, LogLines};

/// Collects bytes into lines and writes each into the log. It never blocks and never closes.
pub(crate) struct LogStream {
    level: Level,
    log: Arc<Mutex<LogLines>>,
    partial: Vec<u8>,
}

impl LogStream {
    pub(crate) fn new(level: Level, log: Arc<Mutex<LogLines>>) -> Self {
        Self { level, log, partial: Vec::new() }
    }

    fn line(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.log.lock().write(self.level, &String::from_utf8_lossy(bytes));
        }
    }
}

#[async_trait]
impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut pieces = bytes.split(|&byte| byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            // What passes the limit of a line is not kept, only the line's end is waited for.
            let room = limits::LOG_LINE_BYTES.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            if pieces.peek().is_some() {
                let line = std::mem::take(&mut self.partial);
                self.line(&line);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(limits::LOG_LINE_BYTES)
    }
}

#[async_trait]
impl Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl Drop for LogStream {
    fn drop(&mut self) {
        self.line(&self.partial);
    }
}
