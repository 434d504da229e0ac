//! WebSockets on raw connections: no more than what the measurement needs.

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const TEXT: &[u8; 100] = &[b'x'; 100];

/// The frame of the event that everybody hears, as the host sends it: version 4, Event, `shout`, `[TEXT]`.
pub const EVENT: &[u8] = &event();

const fn event() -> [u8; 115] {
    let head = *b"\x82\x71\x04\x00\x03\x05shout\x67\x81\x78\x64";
    let mut frame = [b'x'; 115];
    let mut at = 0;
    while at < head.len() {
        frame[at] = head[at];
        at += 1;
    }
    frame
}

/// The frame of a call of `shout(TEXT)`, masked with zeros. Numbers below 128 take one byte.
pub fn call(number: u8) -> Vec<u8> {
    message(&[&[4, 0, 0, number % 128], b"\x05shout\x67\x81\x78\x64".as_slice(), TEXT].concat())
}

/// The frame of a subscription to `shout`.
pub fn subscription() -> Vec<u8> {
    message(b"\x04\x00\x01\x05shout\x01")
}

/// The frame of a call of `hello()`.
pub fn hello() -> Vec<u8> {
    message(b"\x04\x00\x00\x00\x05hello\x01\x80")
}

fn message(message: &[u8]) -> Vec<u8> {
    assert!(message.len() < 126);
    [&[0x82, 0x80 | message.len() as u8, 0, 0, 0, 0], message].concat()
}

/// A connection and what came over it and was not looked at yet.
pub struct Socket {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Socket {
    /// Connects, without a handshake.
    pub async fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: BytesMut::new() }
    }

    /// Connects to an actor, and waits for its `Init`.
    pub async fn open(address: &str, path: &str) -> Self {
        let mut socket = Self::connect(address).await;
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             sec-websocket-protocol: rivet, rivet_encoding.bare\r\n\r\n"
        );
        socket.send(head.as_bytes()).await;
        loop {
            socket.read().await;
            if let Some(end) = socket.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = socket.buffer.split_to(end + 4);
                assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
                break;
            }
        }
        socket.frames(1).await;
        socket
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Waits for so many messages at least, and gives how many there were.
    pub async fn frames(&mut self, at_least: u64) -> u64 {
        let mut count = self.take_frames();
        while count < at_least {
            self.read().await;
            count += self.take_frames();
        }
        count
    }

    /// Gives the connection alone.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    async fn read(&mut self) {
        self.buffer.reserve(16 << 10);
        assert!(self.stream.read_buf(&mut self.buffer).await.unwrap() > 0, "the server closed");
    }

    /// Takes all whole frames out of the buffer, and counts the messages among them.
    fn take_frames(&mut self) -> u64 {
        let mut count = 0;
        while let [first, second, rest @ ..] = &*self.buffer {
            let len = match (second & 0x7f, rest) {
                (126, [high, low, ..]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
                (126, _) => break,
                (len, _) => 2 + usize::from(len),
            };
            if self.buffer.len() < len {
                break;
            }
            count += u64::from(matches!(first & 0xf, 1 | 2));
            self.buffer.advance(len);
        }
        count
    }
}
