//! `wasi:io`: as wasmtime has it, with a note of every resource that the guest gets and drops.

use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};
use wasmtime_wasi_io::bindings::wasi::io::error::{Host as ErrorHost, HostError};
use wasmtime_wasi_io::bindings::wasi::io::poll::{Host as PollHost, HostPollable};
use wasmtime_wasi_io::bindings::wasi::io::streams::{
    self, Error, Host as StreamsHost, HostInputStream, HostOutputStream,
};

use crate::guest::Guest;
use crate::snapshot::HandleKind;

type Input = Resource<DynInputStream>;
type Output = Resource<DynOutputStream>;

impl Guest {
    /// Notes what tells whether a stream is ready.
    fn ready_of(&mut self, stream: u32, pollable: &Resource<DynPollable>) {
        // A guest can subscribe only to a stream that it has.
        let kind = self.handles.index(stream).map_or(HandleKind::Alarm, HandleKind::ReadyOf);
        self.handles.give(kind, pollable.rep());
    }
}

impl PollHost for Guest {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        self.table.poll(pollables).await
    }
}

impl HostPollable for Guest {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        HostPollable::ready(&mut self.table, pollable).await
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        self.table.block(pollable).await
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        self.handles.take_back(pollable.rep());
        HostPollable::drop(&mut self.table, pollable)
    }
}

impl ErrorHost for Guest {}

impl HostError for Guest {
    fn to_debug_string(&mut self, error: Resource<Error>) -> Result<String> {
        self.table.to_debug_string(error)
    }

    fn drop(&mut self, error: Resource<Error>) -> Result<()> {
        self.handles.take_back(error.rep());
        HostError::drop(&mut self.table, error)
    }
}

impl StreamsHost for Guest {
    fn convert_stream_error(&mut self, error: StreamError) -> Result<streams::StreamError> {
        let converted = self.table.convert_stream_error(error)?;
        if let streams::StreamError::LastOperationFailed(error) = &converted {
            self.handles.give(HandleKind::Error, error.rep());
        }
        Ok(converted)
    }
}

impl HostOutputStream for Guest {
    fn check_write(&mut self, stream: Output) -> StreamResult<u64> {
        self.table.check_write(stream)
    }

    fn write(&mut self, stream: Output, bytes: Vec<u8>) -> StreamResult<()> {
        self.table.write(stream, bytes)
    }

    async fn blocking_write_and_flush(&mut self, stream: Output, bytes: Vec<u8>) -> StreamResult<()> {
        self.table.blocking_write_and_flush(stream, bytes).await
    }

    fn flush(&mut self, stream: Output) -> StreamResult<()> {
        self.table.flush(stream)
    }

    async fn blocking_flush(&mut self, stream: Output) -> StreamResult<()> {
        self.table.blocking_flush(stream).await
    }

    fn subscribe(&mut self, stream: Output) -> Result<Resource<DynPollable>> {
        let rep = stream.rep();
        let pollable = HostOutputStream::subscribe(&mut self.table, stream)?;
        self.ready_of(rep, &pollable);
        Ok(pollable)
    }

    fn write_zeroes(&mut self, stream: Output, len: u64) -> StreamResult<()> {
        self.table.write_zeroes(stream, len)
    }

    async fn blocking_write_zeroes_and_flush(&mut self, stream: Output, len: u64) -> StreamResult<()> {
        self.table.blocking_write_zeroes_and_flush(stream, len).await
    }

    fn splice(&mut self, to: Output, from: Input, len: u64) -> StreamResult<u64> {
        self.table.splice(to, from, len)
    }

    async fn blocking_splice(&mut self, to: Output, from: Input, len: u64) -> StreamResult<u64> {
        self.table.blocking_splice(to, from, len).await
    }

    async fn drop(&mut self, stream: Output) -> Result<()> {
        self.handles.take_back(stream.rep());
        HostOutputStream::drop(&mut self.table, stream).await
    }
}

impl HostInputStream for Guest {
    fn read(&mut self, stream: Input, len: u64) -> StreamResult<Vec<u8>> {
        self.table.read(stream, len)
    }

    async fn blocking_read(&mut self, stream: Input, len: u64) -> StreamResult<Vec<u8>> {
        self.table.blocking_read(stream, len).await
    }

    fn skip(&mut self, stream: Input, len: u64) -> StreamResult<u64> {
        self.table.skip(stream, len)
    }

    async fn blocking_skip(&mut self, stream: Input, len: u64) -> StreamResult<u64> {
        self.table.blocking_skip(stream, len).await
    }

    fn subscribe(&mut self, stream: Input) -> Result<Resource<DynPollable>> {
        let rep = stream.rep();
        let pollable = HostInputStream::subscribe(&mut self.table, stream)?;
        self.ready_of(rep, &pollable);
        Ok(pollable)
    }

    async fn drop(&mut self, stream: Input) -> Result<()> {
        self.handles.take_back(stream.rep());
        HostInputStream::drop(&mut self.table, stream).await
    }
}
