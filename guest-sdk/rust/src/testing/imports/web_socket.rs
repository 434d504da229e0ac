//! The raw WebSockets of a test's stand-in for the host.

use super::{error, host};
use crate::conn::WEB_SOCKET;
use crate::host::HostError;
use crate::testing::Frame;

pub(crate) fn send_text(connection: u64, text: &str) -> Result<(), HostError> {
    send(connection, Frame::Text(text.to_owned()))
}

pub(crate) fn send_binary(connection: u64, data: &[u8]) -> Result<(), HostError> {
    send(connection, Frame::Binary(data.to_vec()))
}

pub(crate) fn close(connection: u64, code: u16, reason: &str) -> Result<(), HostError> {
    if !matches!(code, 1000 | 1011 | 3000..=4999) {
        return Err(error(
            "connection",
            "invalid_close_code",
            "A close code is 1000, 1011, or 3000 to 4999.",
        ));
    }
    host(|host| host.end(connection, code, reason))
}

fn send(connection: u64, frame: Frame) -> Result<(), HostError> {
    host(|host| {
        let connection = host.present(connection)?;
        if connection.kind != WEB_SOCKET {
            return Err(error("connection", "not_found", "The connection is no raw WebSocket."));
        }
        connection.frames.push(frame);
        Ok(())
    })
}
