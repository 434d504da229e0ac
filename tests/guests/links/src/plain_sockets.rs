//! Raw WebSockets that end with the instance.

use rivet_guest::{Ctx, Result, SocketEvent, WebSocket, actor};
use serde::{Deserialize, Serialize};

use crate::socket_counter::SocketCounter;

#[derive(Default, Serialize, Deserialize)]
pub struct PlainSockets {
    #[serde(skip)]
    counter: SocketCounter,
    closed: u64,
}

#[actor]
impl PlainSockets {
    fn on_web_socket(&mut self, ctx: &Ctx, socket: WebSocket, event: SocketEvent) -> Result<()> {
        self.closed += u64::from(matches!(event, SocketEvent::Close { .. }));
        self.counter.take(ctx, socket, event)
    }

    /// How many WebSockets it was told the end of.
    pub fn closed(&self) -> u64 {
        self.closed
    }
}
