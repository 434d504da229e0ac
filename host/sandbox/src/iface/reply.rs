//! `rivet:actor/reply`.

use rivet_ground::{ActorError, CallId, Effect, Outcome, limits};

use crate::bindings::rivet::actor::reply::Host;
use crate::bindings::rivet::actor::types::Error;
use crate::guest::Guest;
use crate::iface::calls::OpenCall;
use crate::iface::from_wit;
use crate::iface::inside::Inside;
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
    pub(super) fn reply(&mut self, call: CallId, outcome: Outcome) -> bool {
        let open = match self.open_calls.remove(&call) {
            None => {
                let message = format!(
                    "reply to call {call}, which is not open (answered before, timed out, or never given to this actor): dropped"
                );
                self.log(Level::Warn, &message);
                return false;
            }
            Some(open @ OpenCall::Request(_)) if outcome.is_ok() => {
                self.open_calls.insert(call, open);
                let message =
                    format!("reply to call {call}: answer a request through rivet:actor/request; dropped");
                self.log(Level::Warn, &message);
                return false;
            }
            Some(open) => open,
        };
        let outcome = self.bounded(call, outcome);
        if let OpenCall::Scheduled(run) = &open {
            self.settle_run(run, outcome.as_ref().map(drop));
        }
        let settled = self.settle(open, outcome.is_ok());
        if let Err(error) = &settled {
            self.log(Level::Warn, &format!("call {call}: {error}"));
        }
        let outcome = outcome.and_then(|output| settled.map(|()| output));
        self.effects.push(Effect::Reply { call, outcome });
        true
    }

    /// The answer, or an error in its place when it is too long.
    fn bounded(&self, call: CallId, outcome: Outcome) -> Outcome {
        let len_bytes = len_bytes(&outcome);
        if len_bytes <= limits::MESSAGE_OUT_BYTES {
            return outcome;
        }
        let message =
            format!("the answer has {len_bytes} bytes, over the limit of {}", limits::MESSAGE_OUT_BYTES);
        self.log(Level::Warn, &format!("call {call}: {message}"));
        Err(ActorError::new("message", "outgoing_too_long", message))
    }
}

/// The size of an answer: of its value, or of all parts of its error.
fn len_bytes(outcome: &Outcome) -> usize {
    match outcome {
        Ok(output) => output.len(),
        Err(error) => {
            let texts = error.group.len() + error.code.len() + error.message.len();
            texts + error.metadata.as_ref().map_or(0, |metadata| metadata.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_counts_with_all_its_parts() {
        let error = ActorError::new("user", "no", "why").with_metadata(vec![0; 10]);
        assert_eq!(len_bytes(&Err(error)), 4 + 2 + 3 + 10);
        assert_eq!(len_bytes(&Ok(vec![0; 7].into())), 7);
    }

    #[test]
    fn an_error_without_measure_is_refused() {
        let clock = std::sync::Arc::new(rivet_ground::ManualClock::at(0));
        let mut inside = Inside::of_nobody(clock);
        inside.open_calls.insert(1, OpenCall::Plain);
        let huge = ActorError::new("user", "no", "x".repeat(limits::MESSAGE_OUT_BYTES));
        assert!(inside.reply(1, Err(huge)));
        let Some(Effect::Reply { outcome: Err(error), .. }) = inside.effects.pop() else { panic!() };
        assert_eq!(error.path(), "message.outgoing_too_long");
    }
}
