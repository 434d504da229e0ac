//! Connections, events, raw HTTP and raw WebSockets, frame by frame. What the real clients make of them is in
//! `tests/client`.

mod abandoned_streams;
mod addressing;
mod bad_frames;
mod bulk;
mod captured;
mod concurrency;
mod crash;
mod endings;
mod events;
mod fuzz;
mod ghosts;
mod hibernation;
mod late_close;
mod leavers;
mod liveness;
mod lost_subscription;
mod message_order;
mod misbehaviour;
mod pipelining;
mod raw_http;
mod raw_sockets;
mod rebirth;
mod refusals;
mod sizes;
mod slow_consumer;
mod slow_sender;
mod stalls;
mod streaming;
mod successors;
mod transient;
mod unwanted_bodies;
mod versions;
mod withdrawn_subscription;

use serde_json::{Value, json};
use support::{Host, HostOptions, Link, component, example};

/// A host that serves the actors of the guest `links`, and the examples.
fn host() -> Host {
    let examples = ["counter", "chat-room", "raw-echo"].map(example);
    HostOptions::new(examples.into_iter().chain([component("links")])).start_deployed()
}

/// A connection without parameters to the actor `gate-keeper` of a key.
fn keeper(host: &Host, key: &str) -> Link {
    host.actor("gate-keeper", key).connect(&Value::Null)
}

/// What the hooks of an actor have logged of a connection: `connect`, `disconnect`, in order. It is asked for over
/// another connection, or the asking would log something itself.
fn hooks_of(observer: &mut Link, id: &str) -> Vec<String> {
    let log = observer.output("log", json!([]));
    let of_it = |line: &Value| Some(line.as_str()?.strip_suffix(id)?.trim_end_matches(':').to_owned());
    log.as_array().unwrap().iter().filter_map(of_it).collect()
}

/// Waits until the hooks have logged so much of a connection, and gives it.
fn wait_for_hooks(observer: &mut Link, id: &str, lines: usize) -> Vec<String> {
    loop {
        // Each look is a turn of the actor: the hook that is waited for gets its own in between.
        let hooks = hooks_of(observer, id);
        if hooks.len() >= lines {
            return hooks;
        }
    }
}

/// Waits until no instance of an actor runs: one that has crashed is forgotten a little later than its callers hear.
fn wait_until_stopped(host: &Host, name: &str, key: &str) {
    let path = format!("/actors?namespace=default&name={name}&key={key}");
    while !host.http().get(&path).json()["actors"][0]["connectable_ts"].is_null() {}
}
