//! Takes memory until there is no more.

use bindings::Actor;

struct MemoryGrowth;

impl Actor for MemoryGrowth {
    const NAME: &'static str = "memory-growth";
    const ACTIONS: &'static [&'static str] = &["grow"];

    fn action(_call: u64, _name: &str, _args: &[u8]) {
        let mut taken = Vec::new();
        loop {
            taken.push(std::hint::black_box(vec![1u8; 1 << 20]));
        }
    }
}

bindings::component!(MemoryGrowth);
