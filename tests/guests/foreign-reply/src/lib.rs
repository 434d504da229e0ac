//! Answers calls that it was never given: every id around its own.

use bindings::{Actor, reply};

struct ForeignReply;

impl Actor for ForeignReply {
    const NAME: &'static str = "foreign-reply";
    const ACTIONS: &'static [&'static str] = &["forge"];

    fn action(call: u64, _name: &str, _args: &[u8]) {
        let forged = [0, call.wrapping_add(1), call.wrapping_add(2), u64::MAX];
        let open = forged.iter().filter(|id| reply::ok(**id, b"\x66forged")).count();
        reply::ok(call, &[open as u8]);
    }
}

bindings::component!(ForeignReply);
