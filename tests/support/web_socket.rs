//! A WebSocket client that can do what the real ones do not: choose its subprotocols, send any frame, not read.

use std::net::TcpStream;
use std::time::Duration;

use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{Error, Message};

use crate::Answer;

/// How long a message is waited for before the test is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// An open WebSocket.
pub struct WebSocket {
    inner: tungstenite::WebSocket<TcpStream>,
    head: Answer,
}

/// What came over a WebSocket.
#[derive(Clone, Debug, PartialEq)]
pub enum Received {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping; it is answered with the next call.
    Ping,
    /// The other side closed.
    Closed(Closed),
}

/// How a WebSocket was closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// The close code: 1005 when there was none, 1006 when the connection broke off.
    pub code: u16,
    /// The reason.
    pub reason: String,
}

impl WebSocket {
    /// Opens a WebSocket; it must be let in.
    pub fn open(url: &str, path: &str, protocols: &[&str]) -> Self {
        Self::try_open(url, path, protocols, &[]).unwrap_or_else(|answer| panic!("{path}: {answer:?}"))
    }

    /// Opens a WebSocket; the answer in place of an upgrade, when it is refused.
    pub fn try_open(
        url: &str,
        path: &str,
        protocols: &[&str],
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Answer> {
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        let mut request = format!("ws://{address}{path}").into_client_request().unwrap();
        if !protocols.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", protocols.join(", ").parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        match tungstenite::client(request, stream) {
            Ok((inner, response)) => Ok(Self { inner, head: answer(response) }),
            Err(HandshakeError::Failure(Error::Http(response))) => Err(answer(response)),
            Err(e) => panic!("{path}: {e}"),
        }
    }

    /// The head of the upgrade.
    pub fn head(&self) -> &Answer {
        &self.head
    }

    /// Sends a text.
    pub fn send_text(&mut self, text: &str) {
        self.inner.send(Message::text(text)).unwrap();
    }

    /// Sends bytes.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        self.inner.send(Message::binary(bytes.to_vec())).unwrap();
    }

    /// Sends a text message of any bytes.
    pub fn send_text_bytes(&mut self, bytes: &[u8]) {
        let frame = Frame::message(bytes.to_vec(), OpCode::Data(Data::Text), true);
        self.inner.send(Message::Frame(frame)).unwrap();
    }

    /// Sends a text message in several frames.
    pub fn send_pieces(&mut self, pieces: &[&str]) {
        for (index, piece) in pieces.iter().enumerate() {
            let kind = if index == 0 { Data::Text } else { Data::Continue };
            let last = index + 1 == pieces.len();
            let frame = Frame::message(piece.as_bytes().to_vec(), OpCode::Data(kind), last);
            self.inner.send(Message::Frame(frame)).unwrap();
        }
    }

    /// Begins to close.
    pub fn close(&mut self, code: u16, reason: &str) {
        let frame = CloseFrame { code: code.into(), reason: reason.to_owned().into() };
        self.inner.close(Some(frame)).unwrap();
    }

    /// Waits for what comes next.
    pub fn receive(&mut self) -> Received {
        loop {
            match self.inner.read() {
                Ok(Message::Text(text)) => return Received::Text(text.to_string()),
                Ok(Message::Binary(bytes)) => return Received::Binary(bytes.to_vec()),
                Ok(Message::Ping(_)) => return Received::Ping,
                Ok(Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(frame)) => {
                    // The answer to the close is on its way out with this.
                    let _ = self.inner.flush();
                    let (code, reason) =
                        frame.map_or((1005, String::new()), |f| (u16::from(f.code), f.reason.to_string()));
                    return Received::Closed(Closed { code, reason });
                }
                Err(Error::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing was received in {PATIENCE:?}")
                }
                Err(e) => return Received::Closed(Closed { code: 1006, reason: e.to_string() }),
            }
        }
    }

    /// Waits for the next message, over pings.
    pub fn message(&mut self) -> Received {
        loop {
            match self.receive() {
                Received::Ping => {}
                message => return message,
            }
        }
    }

    /// Waits for the end, over whatever comes before.
    pub fn closed(&mut self) -> Closed {
        loop {
            if let Received::Closed(closed) = self.receive() {
                return closed;
            }
        }
    }

    /// The connection beneath.
    pub fn stream(&mut self) -> &mut TcpStream {
        self.inner.get_mut()
    }
}

impl Closed {
    /// An end with this code and reason.
    pub fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }
}

fn answer(response: tungstenite::http::Response<Option<Vec<u8>>>) -> Answer {
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    Answer { status: response.status().as_u16(), headers, body: response.into_body().unwrap_or_default() }
}
