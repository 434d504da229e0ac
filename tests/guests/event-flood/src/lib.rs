//! Broadcasts in a loop until it is refused, and answers with how the refusal read and how often it was not.

use bindings::{Actor, events, reply};

struct EventFlood;

/// More than any turn may say.
const TRIES: u32 = 1_000_000;
/// The only argument of the large events.
const LARGE_BYTES: u16 = 60_000;

impl Actor for EventFlood {
    const NAME: &'static str = "event-flood";
    const ACTIONS: &'static [&'static str] = &["many", "large"];

    fn action(call: u64, name: &str, _args: &[u8]) {
        let args = if name == "large" { large() } else { vec![0x80] };
        let mut said = 0;
        let refusal = (0..TRIES).find_map(|_| {
            let refused = events::broadcast("flood", &args).err();
            said += u32::from(refused.is_none());
            refused
        });
        let refusal =
            refusal.map_or_else(|| "never".to_owned(), |error| format!("{}.{}", error.group, error.code));
        // One CBOR array: a short text and a number.
        let mut output = vec![0x82, 0x78, refusal.len() as u8];
        output.extend(refusal.as_bytes());
        output.push(0x1a);
        output.extend(said.to_be_bytes());
        reply::ok(call, &output);
    }
}

/// One CBOR array of one text.
fn large() -> Vec<u8> {
    let mut args = vec![0x81, 0x79];
    args.extend(LARGE_BYTES.to_be_bytes());
    args.resize(args.len() + usize::from(LARGE_BYTES), b'x');
    args
}

bindings::component!(EventFlood);
