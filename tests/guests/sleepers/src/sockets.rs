//! Takes raw WebSockets that do not outlive the instance.

use rivet_guest::{Ctx, Result, SocketEvent, WebSocket, actor};
use serde::{Deserialize, Serialize};

use crate::log;

#[derive(Default, Serialize, Deserialize)]
pub struct BoundSockets {}

#[actor(sleep_timeout_ms = 200)]
impl BoundSockets {
    fn on_web_socket(&self, _ctx: &Ctx, socket: WebSocket, event: SocketEvent) -> Result<()> {
        match event {
            SocketEvent::Text(text) => socket.send_text(&text)?,
            SocketEvent::Close { code, .. } => log::note(format!("close {code}")),
            _ => {}
        }
        Ok(())
    }

    pub fn log(&self) -> Vec<String> {
        log::lines()
    }
}
