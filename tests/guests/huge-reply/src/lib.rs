//! Answers with 2 MiB, twice of what an answer may have.

use bindings::{Actor, reply};

struct HugeReply;

const BYTES: u32 = 2 << 20;

impl Actor for HugeReply {
    const NAME: &'static str = "huge-reply";
    const ACTIONS: &'static [&'static str] = &["huge", "small"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        if name == "small" {
            reply::ok(call, &[0xf5]);
            return;
        }
        // One CBOR text string: the head with a 32-bit length, then the text.
        let mut output = vec![0x7a];
        output.extend(BYTES.to_be_bytes());
        output.resize(output.len() + BYTES as usize, b'x');
        reply::ok(call, &output);
    }
}

bindings::component!(HugeReply);
