//! Traps when it takes leave of a connection, after it has written that it tried.

use bindings::{Actor, kv, log, reply};

struct DisconnectTrap;

impl Actor for DisconnectTrap {
    const NAME: &'static str = "disconnect-trap";
    const ACTIONS: &'static [&'static str] = &["hello", "remains"];
    const HOOKS: &'static [&'static str] = &["disconnect"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        // `remains` tells whether anything is left of a turn that trapped.
        let answer = name != "remains" || matches!(kv::get(b"tried"), Ok(Some(_)));
        reply::ok(call, if answer { &[0xf5] } else { &[0xf4] });
    }

    fn disconnect(_call: u64) {
        log::write(log::Level::Info, "somebody leaves");
        let written = kv::put(b"tried", b"yes").is_ok();
        assert!(!written, "there is no leaving");
    }
}

bindings::component!(DisconnectTrap);
