//! Calls itself without end.

use bindings::{Actor, reply};

struct DeepRecursion;

impl Actor for DeepRecursion {
    const NAME: &'static str = "deep-recursion";
    const ACTIONS: &'static [&'static str] = &["dive"];

    fn action(call: u64, _name: &str, _args: &[u8]) {
        let depth = dive(call);
        reply::ok(call, &depth.to_be_bytes());
    }
}

#[inline(never)]
fn dive(depth: u64) -> u64 {
    let deeper = std::hint::black_box(depth + 1);
    if deeper == 0 { 0 } else { dive(deeper).wrapping_mul(3) ^ deeper }
}

bindings::component!(DeepRecursion);
