//! Writes everything it can write, answers, and traps: a turn of which nothing may remain.

use bindings::{Actor, kv, reply, state};

struct HalfTurn;

impl Actor for HalfTurn {
    const NAME: &'static str = "half-turn";
    const ACTIONS: &'static [&'static str] = &["break", "look"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        if name == "look" {
            let remains = state::get().is_some() || !matches!(kv::get(b"broken"), Ok(None));
            reply::ok(call, if remains { &[0xf5] } else { &[0xf4] });
            return;
        }
        let written = kv::put(b"broken", b"yes").is_ok() && state::set(&[0xf5]).is_ok();
        reply::ok(call, &[0xf5]);
        assert!(!written, "this turn breaks off");
    }
}

bindings::component!(HalfTurn);
