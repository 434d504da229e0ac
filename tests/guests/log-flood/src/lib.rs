//! Writes far more log than anyone can read, one line far longer than allowed.

use bindings::{Actor, log, reply};

struct LogFlood;

const LINES: u32 = 20_000;

impl Actor for LogFlood {
    const NAME: &'static str = "log-flood";
    const ACTIONS: &'static [&'static str] = &["flood", "shout", "print"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        match name {
            "shout" => log::write(log::Level::Info, &"LOUD".repeat(1 << 18)),
            "print" => (0..LINES).for_each(|line| println!("printed flood {line}")),
            _ => (0..LINES).for_each(|line| log::write(log::Level::Info, &format!("flood {line}"))),
        }
        reply::ok(call, &[0xf5]);
    }
}

bindings::component!(LogFlood);
