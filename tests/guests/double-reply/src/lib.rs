//! Answers each call twice.

use bindings::{Actor, log, reply};

struct DoubleReply;

impl Actor for DoubleReply {
    const NAME: &'static str = "double-reply";
    const ACTIONS: &'static [&'static str] = &["twice"];

    fn action(call: u64, _name: &str, _args: &[u8]) {
        let first = reply::ok(call, &[0x01]);
        let second = reply::ok(call, &[0x02]);
        log::write(log::Level::Info, &format!("the calls were open: {first} {second}"));
    }
}

bindings::component!(DoubleReply);
