//! The stream behind stdout and stderr.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use rivet_ground::limits;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use crate::log_lines::{Channel, LogLines};

/// Writes what comes into the log, line by line. It never blocks and never closes.
pub(crate) struct LogStream {
    channel: Channel,
    log: Arc<Mutex<LogLines>>,
}

impl LogStream {
    pub(crate) fn new(channel: Channel, log: Arc<Mutex<LogLines>>) -> Self {
        Self { channel, log }
    }
}

#[async_trait]
impl OutputStream for LogStream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.lock().append(self.channel, &bytes);
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
