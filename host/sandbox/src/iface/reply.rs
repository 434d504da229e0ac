//! `rivet:actor/reply`.

use rivet_ground::{ActorError, CallId, Effect, Outcome, limits};

use crate::bindings::rivet::actor::reply::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::from_wit;
use crate::iface::inside::{Inside, Stage};
use crate::log_lines::Level;

impl Host for Guest {
    fn ok(&mut self, call: CallId, output: Vec<u8>) -> wasmtime::Result<bool> {
        Ok(self.inside.reply(call, Ok(output.into())))
    }

    fn err(&mut self, call: CallId, error: Error) -> wasmtime::Result<bool> {
        Ok(self.inside.reply(call, Err(from_wit(error))))
    }
}

impl Inside {
    fn reply(&mut self, call: CallId, outcome: Outcome) -> bool {
        if !self.open_calls.remove(&call) {
            let message = format!(
                "reply to call {call}, which is not open (answered before, timed out, or never given to this actor): dropped"
            );
            self.log(Level::Warn, &message);
            return false;
        }
        if self.stage == (Stage::Starting { call }) {
            self.stage = Stage::Running;
        }
        let outcome = outcome.and_then(|output| {
            if output.len() <= limits::MESSAGE_OUT_BYTES {
                return Ok(output);
            }
            let message = format!(
                "the answer has {} bytes, over the limit of {}",
                output.len(),
                limits::MESSAGE_OUT_BYTES
            );
            self.log(Level::Warn, &format!("call {call}: {message}"));
            Err(ActorError::new("message", "outgoing_too_long", message))
        });
        self.effects.push(Effect::Reply { call, outcome });
        true
    }
}
