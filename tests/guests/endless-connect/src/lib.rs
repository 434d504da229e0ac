//! Never says whether a connection may come in.

use bindings::{Actor, reply};

struct EndlessConnect;

impl Actor for EndlessConnect {
    const NAME: &'static str = "endless-connect";
    const HOOKS: &'static [&'static str] = &["connect"];

    fn action(call: u64, _name: &str, _args: &[u8]) {
        reply::ok(call, &[0xf5]);
    }

    fn connect(_call: u64) {}
}

bindings::component!(EndlessConnect);
