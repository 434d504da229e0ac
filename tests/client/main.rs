//! The real clients on a real host: every property in every client and encoding.

mod actions;
mod addressing;
mod cargo_component;
mod chat_room;
mod connections;
mod create;
mod cron;
mod errors;
mod event_values;
mod events;
mod keys;
mod kv_store;
mod large_messages;
mod leaderboard;
mod order;
mod peers;
mod queue;
mod raw_http;
mod raw_sockets;
mod reconnect;
mod rejected;
mod schedule;
mod sleep;
mod sql;
mod values;
mod workflow;
mod workflow_history;

use serde_json::{Value, json};
use support::{Connection, Driver, Host, HostOptions, component, example};

/// Checks a property with every client, on one host.
fn with_every_client(check: impl Fn(&Host, &Driver)) {
    let examples = ["counter", "kv-store", "chat-room", "leaderboard", "raw-echo", "reminder"].map(example);
    let guests = ["echo", "half-turn", "links", "schedules"].map(component);
    with_each_client_of(HostOptions::new(examples.into_iter().chain(guests)), check);
}

/// The same on a host of other components or options.
fn with_each_client_of(options: HostOptions, check: impl Fn(&Host, &Driver)) {
    let host = options.start_deployed();
    for driver in Driver::start_all(host.url()) {
        eprintln!("with {}", driver.client());
        check(&host, &driver);
    }
}

/// An actor that is created if need be, with a key that no other client of this test has.
fn get_or_create(driver: &Driver, actor: &str, key: &str) -> Value {
    json!({ "actor": actor, "by": "getOrCreate", "key": [key, driver.client().to_string()] })
}

/// The actor has refused a connection with this error, as far as the client tells.
fn assert_refused(driver: &Driver, connection: &Connection<'_>, path: &str, message: &str) {
    let client = driver.client();
    match (client.version, client.encoding) {
        // The crate reads an error that belongs to no call in this encoding only, and tells its message.
        ("rust", "bare") => assert_eq!(connection.open().unwrap_err().message, message, "{client}"),
        ("rust", _) => drop(connection.wait_for("disconnected", 1)),
        _ => {
            let error = connection.open().unwrap_err();
            assert_eq!((error.path.as_str(), error.message.as_str()), (path, message), "{client}");
        }
    }
}
