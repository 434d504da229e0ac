//! Computes for ever.

use bindings::{Actor, log};

struct EndlessLoop;

impl Actor for EndlessLoop {
    const NAME: &'static str = "endless-loop";
    const ACTIONS: &'static [&'static str] = &["spin"];

    fn action(_call: u64, _name: &str, _args: &[u8]) {
        log::write(log::Level::Info, "the loop begins");
        let mut turns = 0u64;
        loop {
            turns = std::hint::black_box(turns.wrapping_add(1));
        }
    }
}

bindings::component!(EndlessLoop);
