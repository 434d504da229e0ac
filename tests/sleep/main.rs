//! Sleep: who falls asleep and when, what is kept meanwhile, and how it comes back.

mod alarms;
mod awake;
mod blockers;
mod cold;
mod crash;
mod cycles;
mod fork;
mod grace;
mod memories;
mod model;
mod options;
mod pressure;
mod queues;
mod run_hook;
mod shapes;
mod shutdown;
mod sockets;
mod toolchains;
mod wake_at;
mod workflow;

use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Answer, Host, component};

/// How long an actor may take to do what is expected of it before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A host that serves the actors of the guest `sleepers`.
fn host() -> Host {
    Host::start([component("sleepers")])
}

/// The id of the actor that a key has in the default namespace.
fn id(host: &Host, name: &str, key: &str) -> String {
    let listed = host.http().get(&format!("/actors?namespace=default&name={name}&key={key}")).json();
    listed["actors"][0]["actor_id"].as_str().unwrap_or_else(|| panic!("there is no {name} {key}")).to_owned()
}

fn try_sleep(host: &Host, id: &str) -> Answer {
    host.http().post(&format!("/actors/{id}/sleep?namespace=default"), b"")
}

/// Sends an actor to sleep, and waits until it sleeps.
fn sleep(host: &Host, id: &str) {
    let answer = try_sleep(host, id);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// What keeps an actor awake.
fn awake(host: &Host, id: &str) -> Value {
    let answer = host.http().get(&format!("/actors/{id}/awake"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The names of the causes that keep an actor awake, with how many there are of each.
fn causes(host: &Host, id: &str) -> Vec<(String, u64)> {
    let awake = awake(host, id);
    let causes = awake["causes"].as_array().unwrap().iter();
    causes
        .map(|cause| (cause["cause"].as_str().unwrap().to_owned(), cause["count"].as_u64().unwrap()))
        .collect()
}

fn state(host: &Host, id: &str) -> String {
    awake(host, id)["state"].as_str().unwrap().to_owned()
}

/// Waits until an actor is in a state.
fn wait_for(host: &Host, id: &str, expected: &str) {
    let until = Instant::now() + PATIENCE;
    while state(host, id) != expected {
        assert!(Instant::now() < until, "it is not {expected}: {}", awake(host, id));
        std::thread::sleep(LOOK_EVERY);
    }
}
