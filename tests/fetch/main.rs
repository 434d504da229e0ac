//! Requests of actors to the outside: what is allowed, what comes back, and when it leaves.

mod addresses;
mod bodies;
mod commit;
mod giving_up;
mod heads;
mod overload;
mod policy;
mod redirects;
mod requests;
mod server;
mod times;
mod tls;

use std::time::Duration;

use serde_json::{Value, json};
use server::Server;
use support::{Actor, Host, HostOptions, component};

/// How long something may take before the test is given up.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A host whose actors may reach what these patterns allow.
fn host(patterns: &[&str]) -> Host {
    options(patterns).start_deployed()
}

fn options(patterns: &[&str]) -> HostOptions {
    let args = patterns.iter().flat_map(|pattern| ["--allow-net", pattern]);
    HostOptions::new([component("fetcher")]).args(args)
}

/// A server, and a host whose actors may reach it.
fn both() -> (Server, Host) {
    let server = Server::start();
    let host = host(&[&server.address()]);
    (server, host)
}

fn fetcher(host: &Host) -> Actor {
    host.actor("fetcher", "a")
}

/// What came of a request that an actor made; the fields of the guest's `Asked`.
fn ask(host: &Host, asked: Value) -> Value {
    fetcher(host).output("ask", json!([asked]))
}

fn get(host: &Host, url: &str) -> Value {
    ask(host, json!({ "url": url }))
}

/// The code of the error that a request ended with.
fn error(came: &Value) -> &str {
    came["error"].as_str().unwrap_or_else(|| panic!("it was answered: {:.500}", came.to_string()))
}
