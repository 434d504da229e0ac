//! What the two actors of raw WebSockets have in common.

use std::cell::Cell;

use rivet_guest::{Ctx, Result, SocketEvent, WebSocket};

/// Counts the messages of each WebSocket twice: in memory, of all of them together, and in the state of its
/// connection.
#[derive(Default)]
pub struct SocketCounter {
    seen: Cell<u64>,
}

impl SocketCounter {
    /// Answers a message with `<of this instance>:<of this connection>`, whatever it says; but `crash` traps, `write`
    /// writes 100 kB, `generation` is answered with that of the instance, and a text that begins with `#`
    /// with itself.
    pub fn take(&self, ctx: &Ctx, socket: WebSocket, event: SocketEvent) -> Result<()> {
        match event {
            SocketEvent::Open => Ok(()),
            SocketEvent::Text(text) if text == "crash" => panic!("somebody said crash"),
            SocketEvent::Text(text) if text == "write" => ctx.kv().put("written", [7; 100_000]),
            SocketEvent::Text(text) if text == "generation" => {
                socket.send_text(&ctx.generation().to_string())
            }
            SocketEvent::Text(text) if text.starts_with('#') => socket.send_text(&text),
            SocketEvent::Text(_) | SocketEvent::Binary(_) => {
                self.seen.set(self.seen.get() + 1);
                let of_connection = socket.conn().state::<u64>()?.unwrap_or(0) + 1;
                socket.conn().set_state(&of_connection)?;
                socket.send_text(&format!("{}:{of_connection}", self.seen.get()))
            }
            SocketEvent::Close { code, reason } => {
                ctx.log().info(format_args!("socket closed with {code} {reason:?}"));
                Ok(())
            }
        }
    }
}
