//! Never answers a start.

use bindings::Actor;

struct SilentStart;

impl Actor for SilentStart {
    const NAME: &'static str = "silent-start";

    fn start(_call: u64) {}

    fn action(_call: u64, _name: &str, _args: &[u8]) {}
}

bindings::component!(SilentStart);
