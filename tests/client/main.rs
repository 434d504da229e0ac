//! The real clients on a real host: every property in every client and encoding.

mod actions;
mod addressing;
mod cargo_component;
mod create;
mod errors;
mod keys;
mod kv_store;
mod values;

use serde_json::{Value, json};
use support::{Driver, EVERY_CLIENT, Host, component, example};

/// Checks a property with every client, on one host.
fn with_every_client(check: impl Fn(&Host, &mut Driver)) {
    let host =
        Host::start([example("counter"), example("kv-store"), component("echo"), component("half-turn")]);
    for client in EVERY_CLIENT {
        eprintln!("with {client}");
        check(&host, &mut Driver::start(client, host.url()));
    }
}

/// An actor that is created if need be, with a key that no other client of this test has.
fn get_or_create(driver: &Driver, actor: &str, key: &str) -> Value {
    json!({ "actor": actor, "by": "getOrCreate", "key": [key, driver.client().to_string()] })
}
