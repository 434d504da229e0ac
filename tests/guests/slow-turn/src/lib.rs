//! Computes for a good while, then writes and answers: a turn to be caught in flight.

use bindings::{Actor, kv, log, reply};

struct SlowTurn;

const STEPS: u64 = 100_000_000;

impl Actor for SlowTurn {
    const NAME: &'static str = "slow-turn";
    const ACTIONS: &'static [&'static str] = &["work", "worked"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        if name == "worked" {
            let worked = matches!(kv::get(b"worked"), Ok(Some(_)));
            reply::ok(call, if worked { &[0xf5] } else { &[0xf4] });
            return;
        }
        log::write(log::Level::Info, "the work begins");
        let sum = (0..STEPS).fold(0u64, |sum, step| std::hint::black_box(sum ^ step));
        let written = kv::put(b"worked", &sum.to_be_bytes()).is_ok();
        reply::ok(call, if written { &[0xf5] } else { &[0xf4] });
    }
}

bindings::component!(SlowTurn);
