//! An open WebSocket: what goes in and out of it, and how it ends.

use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{Fuse, FusedFuture, FutureExt, poll_fn};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use rivet_ground::limits;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::gateway::{Connection, Incoming};
use crate::wire::socket::backlog::Backlog;
use crate::wire::socket::end::{End, Manner};
use crate::wire::socket::frame::Frame;
use crate::wire::socket::protocol::Protocol;
use crate::wire::socket::pulse::{Beat, Pulse};
use crate::wire::stream::Stream;

/// Bytes that one read takes. Every socket has such a buffer, idle ones too.
const READ_BYTES: usize = 4 << 10;

/// An open WebSocket.
///
/// It reads with tungstenite, which answers pings and closes in between, and writes frames that are ready by itself, so
/// that one buffer serves many sockets. The two never mix: nothing is read before all is written.
pub(super) struct Session {
    wire: WebSocketStream<Stream>,
    backlog: Backlog,
    pulse: Pulse,
    /// Whether tungstenite may have something to write.
    pong_due: bool,
}

impl Session {
    /// Waits for the upgrade. None if there was none: the client was gone.
    pub(super) async fn open(upgrade: OnUpgrade, message_bytes: usize) -> Option<Self> {
        let upgraded = upgrade.await.inspect_err(|error| tracing::debug!("no upgrade: {error}")).ok()?;
        // The listener serves nothing else.
        let parts = upgraded.downcast::<TokioIo<Stream>>().ok()?;
        let (stream, read) = (parts.io.into_inner(), parts.read_buf.into());
        let config = config(message_bytes);
        let wire = WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await;
        Some(Self { wire, backlog: Backlog::default(), pulse: Pulse::new(), pong_due: false })
    }

    /// Adds a frame to what is to be written.
    pub(super) fn push(&mut self, frame: Frame) {
        self.backlog.push(frame);
    }

    /// Carries messages both ways until one side ends it, and says how.
    pub(super) async fn carry(
        &mut self,
        connection: &Connection,
        protocol: &mut Protocol,
        stop: &mut watch::Receiver<()>,
    ) -> End {
        let (mut batch, mut ending) = (Vec::new(), None);
        // While the actor has no room for a message nothing more is read, but what the actor says goes on.
        let mut sending = pin!(Fuse::terminated());
        loop {
            if let Err(end) = self.write(connection, sending.as_mut(), stop).await {
                return end;
            }
            if let Some(end) = ending {
                return end;
            }
            tokio::select! {
                _ = stop.changed() => return End::going_away(),
                () = connection.recv(&mut batch) => {
                    for outgoing in batch.drain(..) {
                        match protocol.outgoing(outgoing, connection.actor()) {
                            Ok(frame) => frame.into_iter().for_each(|frame| self.backlog.push(frame)),
                            Err(end) => {
                                ending = Some(end);
                                break;
                            }
                        }
                    }
                    batch.shrink_to(1);
                }
                () = sending.as_mut(), if !sending.is_terminated() => {}
                message = self.wire.next(), if sending.is_terminated() => match self.hear(message, protocol) {
                    Ok(None) => {}
                    // In a box of its own: a socket on which nothing happens needs no room for it.
                    Ok(Some(incoming)) => sending.set(Box::pin(connection.send(incoming)).fuse()),
                    Err(end) => ending = Some(end),
                },
                () = self.pulse.tick() => {
                    let heard = self.wire.get_mut().take_life();
                    match self.pulse.beat(heard, sending.is_terminated()) {
                        Beat::Fine => {}
                        Beat::Ask => self.backlog.push(Frame::ping()),
                        Beat::Gone => return End::lost(),
                    }
                }
            }
        }
    }

    fn hear(
        &mut self,
        message: Option<Result<Message, Error>>,
        protocol: &mut Protocol,
    ) -> Result<Option<Incoming>, End> {
        match message {
            None => Err(End::lost()),
            Some(Err(error)) => Err(End::failed(&error)),
            Some(Ok(Message::Close(frame))) => Err(End::theirs(frame)),
            Some(Ok(Message::Ping(_))) => {
                self.pong_due = true;
                Ok(None)
            }
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => Ok(None),
            Some(Ok(message)) => protocol.incoming(message).map(Some),
        }
    }

    /// Writes all there is, and sends on meanwhile.
    async fn write<F: Future<Output = ()>>(
        &mut self,
        connection: &Connection,
        mut sending: Pin<&mut Fuse<F>>,
        stop: &mut watch::Receiver<()>,
    ) -> Result<(), End> {
        while !self.backlog.is_empty() {
            // Who takes nothing is given up by the stream: the pulse waits.
            let Self { wire, backlog, pong_due, .. } = self;
            tokio::select! {
                biased;
                drained = drain(wire, backlog, pong_due) => drained.map_err(|error| End::failed(&error))?,
                _ = stop.changed() => return Err(End::going_away()),
                () = connection.overflowed() => return Err(End::slow()),
                () = sending.as_mut(), if !sending.is_terminated() => {}
            }
        }
        Ok(())
    }

    /// Tells the other side how it ends, as far as it listens for [`limits::CLOSE_WAIT_MS`], and closes the socket.
    pub(super) async fn finish(mut self, end: &End) {
        let patience = Duration::from_millis(limits::CLOSE_WAIT_MS);
        // In a box of its own: a socket that is open needs no room for its end.
        let finished = tokio::time::timeout(patience, Box::pin(self.take_leave(end))).await;
        if !matches!(finished, Ok(Ok(()))) {
            tracing::debug!("a socket ended without leave: {finished:?}");
        }
    }

    async fn take_leave(&mut self, end: &End) -> Result<(), Error> {
        match end.manner {
            Manner::Lost => return Ok(()),
            Manner::Theirs => return self.wire.flush().await,
            Manner::Slow => self.backlog.cut(),
            Manner::Ours | Manner::Deaf => {}
        }
        self.backlog.push(Frame::close(&end.reason));
        drain(&mut self.wire, &mut self.backlog, &mut self.pong_due).await?;
        match end.manner {
            Manner::Ours => {
                while !matches!(self.wire.next().await.transpose()?, None | Some(Message::Close(_))) {}
            }
            // With bytes left unread the other side would see a reset in place of the close.
            Manner::Deaf => {
                let stream = self.wire.get_mut();
                stream.shutdown().await?;
                while stream.read(&mut [0; READ_BYTES]).await? > 0 {}
            }
            Manner::Lost | Manner::Theirs | Manner::Slow => {}
        }
        Ok(())
    }
}

fn config(message_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes))
}

/// Writes all there is. What was written stays written if it is cancelled.
async fn drain(
    wire: &mut WebSocketStream<Stream>,
    backlog: &mut Backlog,
    pong_due: &mut bool,
) -> Result<(), Error> {
    if *pong_due {
        wire.flush().await?;
        *pong_due = false;
    }
    let mut stream = Pin::new(wire.get_mut());
    let written = poll_fn(|cx| {
        let written = backlog.write(|parts| match stream.as_mut().poll_write_vectored(cx, parts) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        });
        match written {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            written => Poll::Ready(written),
        }
    });
    Ok(written.await?)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use rand::rngs::StdRng;
    use rand::{Rng, RngCore, SeedableRng};
    use rivet_codec::Client;
    use tokio_tungstenite::tungstenite::WebSocket;

    use super::*;

    const ROUNDS: usize = 5_000;

    /// A masked frame, or something like it.
    fn put_frame(random: &mut StdRng, out: &mut Vec<u8>, body: &[u8]) {
        let first = if random.random_bool(0.9) { 0x80 | random.random_range(0..11) } else { random.random() };
        let mask: [u8; 4] = random.random();
        out.push(first);
        match random.random_range(0..20) {
            0 => out.push(random.random()),
            1 => out.extend([&[0xff][..], &random.random::<[u8; 8]>()].concat()),
            2 => out.extend([0xfe, 0, body.len() as u8]),
            _ => out.push(0x80 | body.len() as u8),
        }
        out.extend(mask);
        out.extend(body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    }

    fn body(random: &mut StdRng) -> Vec<u8> {
        const MESSAGES: [&[u8]; 3] = [
            b"\x04\x00\x01\x08newCount\x01",
            b"\x04\x00\x00\x00\x09increment\x02\x81\x02",
            br#"{"body":{"tag":"SubscriptionRequest","val":{"eventName":"x","subscribe":true}}}"#,
        ];
        let mut body = MESSAGES[random.random_range(0..MESSAGES.len())].to_vec();
        for _ in 0..random.random_range(0..3) {
            let at = random.random_range(0..body.len());
            body[at] = random.random();
        }
        body
    }

    /// Any bytes are messages, or end the socket.
    #[test]
    fn any_frames() {
        let seed = std::env::var("SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
        println!("SEED={seed}");
        let mut random = StdRng::seed_from_u64(seed);
        let mut read = 0;
        for _ in 0..ROUNDS {
            let mut bytes = Vec::new();
            for _ in 0..random.random_range(1..6) {
                let body = body(&mut random);
                put_frame(&mut random, &mut bytes, &body);
            }
            if random.random_bool(0.1) {
                random.fill_bytes(&mut bytes);
            }
            for encoding in ["json", "cbor", "bare"] {
                let mut protocol = Protocol::of_client(Some(encoding), Client::Current).unwrap();
                let config = config(protocol.message_bytes());
                // One read takes it all; what is written then goes behind it.
                let stream = Cursor::new(bytes.clone());
                let mut wire = WebSocket::from_raw_socket(stream, Role::Server, Some(config));
                let error = loop {
                    match wire.read() {
                        Ok(message) => read += usize::from(protocol.incoming(message).is_ok()),
                        Err(error) => break error,
                    }
                };
                assert_ne!(End::failed(&error).reason.code, 0);
            }
        }
        assert!(read > 0, "some of it was read");
    }
}
