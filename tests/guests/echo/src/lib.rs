//! Answers with its only argument, byte for byte.

use bindings::{Actor, reply};

struct Echo;

/// The head of a CBOR array of one item.
const ARRAY_OF_ONE: u8 = 0x81;

impl Actor for Echo {
    const NAME: &'static str = "echo";
    const ACTIONS: &'static [&'static str] = &["echo"];

    fn action(call: u64, _name: &str, args: &[u8]) {
        let argument = args.strip_prefix(&[ARRAY_OF_ONE]).expect("one argument");
        reply::ok(call, argument);
    }
}

bindings::component!(Echo);
