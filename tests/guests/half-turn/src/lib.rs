//! Writes everything it can write, answers, and traps: a turn of which nothing may remain.

use bindings::{Actor, kv, reply, state};

struct HalfTurn;

impl Actor for HalfTurn {
    const NAME: &'static str = "half-turn";
    const ACTIONS: &'static [&'static str] = &["break", "keep", "list", "look"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        match name {
            "keep" => reply::ok(call, boolean(kv::put(b"kept", b"yes").is_ok())),
            "list" => reply::ok(call, &keys()),
            "look" => {
                let remains = state::get().is_some() || !matches!(kv::get(b"broken"), Ok(None));
                reply::ok(call, boolean(remains))
            }
            _ => {
                let written = kv::put(b"broken", b"yes").is_ok() && state::set(&[0xf5]).is_ok();
                reply::ok(call, &[0xf5]);
                assert!(!written, "this turn breaks off");
                true
            }
        };
    }
}

fn boolean(value: bool) -> &'static [u8] {
    if value { &[0xf5] } else { &[0xf4] }
}

/// All keys, as a CBOR array of texts: few and short, so that each head is one byte.
fn keys() -> Vec<u8> {
    let options = kv::ListOptions { reverse: false, limit: None };
    let entries = kv::list_prefix(b"", options).expect("the data can be read");
    let mut cbor = vec![0x80 | entries.len() as u8];
    for (key, _) in entries {
        cbor.push(0x60 | key.len() as u8);
        cbor.extend(key);
    }
    cbor
}

bindings::component!(HalfTurn);
