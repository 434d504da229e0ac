//! The connection beneath HTTP and WebSockets: it knows whether the other side is alive, and whether it takes what
//! it is sent.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rivet_ground::limits;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// A connection. A write to it fails when the other side has taken nothing for [`limits::STALL_MS`]: see [`is_stall`].
pub(crate) struct Stream {
    inner: TcpStream,
    /// Runs while something waits to be written.
    stall: Option<Pin<Box<Sleep>>>,
    alive: bool,
}

/// Nothing of what is to be written is taken.
#[derive(Debug, thiserror::Error)]
#[error("the client took nothing of what was written to it for {} ms", limits::STALL_MS)]
struct Stalled;

/// Whether a write failed because the other side takes nothing. What it had taken stays written; another write waits
/// anew.
pub(crate) fn is_stall(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<Stalled>())
}

impl Stream {
    /// A connection that was accepted.
    pub(crate) fn new(inner: TcpStream) -> Self {
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_millis(limits::SILENCE_MS))
            .with_interval(Duration::from_millis(limits::PING_EVERY_MS));
        let set = inner.set_nodelay(true).and_then(|()| SockRef::from(&inner).set_tcp_keepalive(&keepalive));
        if let Err(error) = set {
            tracing::debug!("TCP_NODELAY, SO_KEEPALIVE: {error}");
        }
        Self { inner, stall: None, alive: false }
    }

    /// Whether the other side has shown itself since this was last asked: it has sent something, or taken more after
    /// having taken no more.
    pub(crate) fn take_life(&mut self) -> bool {
        std::mem::take(&mut self.alive)
    }

    fn poll_stall(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let patience = Duration::from_millis(limits::STALL_MS);
        ready!(self.stall.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(cx));
        self.stall = None;
        // The system does not wake a writer for a little room in a large buffer, which is all that a slow reader makes.
        match SockRef::from(&self.inner).send_vectored(parts) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, Stalled)))
            }
            written => {
                self.alive |= written.is_ok();
                Poll::Ready(written)
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.alive |= buf.filled().len() > before;
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, parts);
        if written.is_pending() {
            return self.poll_stall(cx, parts);
        }
        self.alive |= self.stall.take().is_some();
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::task::Waker;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (Stream, std::net::TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Stream::new(listener.accept().await.unwrap().0), client)
    }

    /// Writes as one who has waited for as long as it is patient.
    async fn write_impatiently(stream: &mut Stream) -> io::Result<usize> {
        let mut over = Box::pin(sleep(Duration::ZERO));
        over.as_mut().await;
        stream.stall = Some(over);
        match Pin::new(stream).poll_write(&mut Context::from_waker(Waker::noop()), &[0; 64 << 10]) {
            Poll::Ready(written) => written,
            Poll::Pending => panic!("it has waited"),
        }
    }

    async fn fill(stream: &mut Stream) {
        loop {
            match write_impatiently(stream).await {
                Ok(_) => {}
                Err(error) if is_stall(&error) => break,
                Err(error) => panic!("{error}"),
            }
        }
        stream.take_life();
    }

    #[tokio::test]
    async fn every_byte_is_a_sign_of_life() {
        let (mut stream, mut client) = pair().await;
        assert!(!stream.take_life());
        client.write_all(b"a").unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'a');
        assert!(stream.take_life());
        assert!(!stream.take_life());
    }

    #[tokio::test]
    async fn who_takes_nothing_is_given_up() {
        let (mut stream, _client) = pair().await;
        fill(&mut stream).await;
        let error = write_impatiently(&mut stream).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(is_stall(&error) && !is_stall(&io::ErrorKind::TimedOut.into()));
        assert!(!stream.take_life());
        // Another write is as patient as the first.
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut stream).poll_write(&mut cx, b"a").is_pending());
        assert!(stream.stall.is_some());
    }

    /// Far less than what the system wants free before it says that there is room.
    #[tokio::test]
    async fn who_takes_little_is_not_given_up() {
        let (mut stream, mut client) = pair().await;
        fill(&mut stream).await;
        let mut taken = vec![0; 256 << 10];
        while write_impatiently(&mut stream).await.is_err() {
            client.read_exact(&mut taken).unwrap();
        }
        assert!(stream.take_life());
    }

    #[tokio::test]
    async fn a_write_that_goes_on_stops_the_clock() {
        let (mut stream, mut client) = pair().await;
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            client.read_to_end(&mut all).unwrap();
            all.len()
        });
        stream.write_all(&vec![0; 32 << 20]).await.unwrap();
        assert!(stream.stall.is_none());
        drop(stream);
        assert_eq!(reader.join().unwrap(), 32 << 20);
    }

    #[tokio::test]
    async fn the_system_asks_who_is_silent_too() {
        let (stream, _client) = pair().await;
        assert!(SockRef::from(&stream.inner).keepalive().unwrap());
    }
}
