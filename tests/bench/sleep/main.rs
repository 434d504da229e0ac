//! Sleep, as a client sees it: what it costs to call an actor that sleeps, and what ten thousand that sleep take up.
//!
//! Calls of a sleeping actor and of a live one take turns on one connection, so that each is the other's floor.

mod caller;
mod crowd;

use support::{Host, HostOptions, example};

use caller::Caller;

const ROUNDS: usize = 500;
const CROWD: usize = 10_000;

fn main() {
    let host = start(&[]);
    for action in ["get", "increment"] {
        wake(&host, action);
    }
    drop(host);
    crowd::measure(CROWD);
}

fn start(args: &[&str]) -> Host {
    HostOptions::new([example("counter")]).args(["--log", "warn"]).args(args.iter().copied()).start()
}

/// Compares calls of an actor that sleeps with calls of one that does not.
fn wake(host: &Host, action: &str) {
    let mut caller = Caller::connect(host, "counter");
    let (sleeps, lives) = (format!("sleeps {action}"), format!("lives {action}"));
    for key in [&sleeps, &lives] {
        caller.call(key, action);
    }
    let id = host
        .http()
        .get(&format!("/actors?namespace=default&name=counter&key={}", sleeps.replace(' ', "%20")));
    let id = id.json()["actors"][0]["actor_id"].as_str().unwrap().to_owned();
    let (mut asleep, mut live) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        caller.sleep(&id);
        asleep.push(caller.call(&sleeps, action));
        live.push(caller.call(&lives, action));
    }
    println!("{action}: from request to answer, {ROUNDS} rounds, one connection, --durability sync");
    let live = caller::show("  live", live);
    let asleep = caller::show("  asleep", asleep);
    println!("  {:24} p50 {:>9.1} us\n", "what the wake adds", asleep - live);
}
