//! The host ends beneath its clients and is started again: they come back, and hear what they heard before.

use serde_json::{Value, json};
use support::{Connection, Driver, Front, Host, HostOptions, component};

use crate::get_or_create;

fn options() -> HostOptions {
    HostOptions::new([component("links")])
}

/// Connects each client to an actor of its own and has it hear one event; gives the connections with their ids.
fn connect(drivers: &[Driver]) -> Vec<(Connection<'_>, Value)> {
    let open = |driver| {
        let connection = Driver::connect(driver, &get_or_create(driver, "gate-keeper", "back"), Value::Null);
        let id = connection.open().unwrap();
        connection.on("tick");
        connection.output("burst", json!([1]));
        (connection, id)
    };
    drivers.iter().map(open).collect()
}

/// The client is another one to the actor, is still subscribed, and the one that it was has been taken leave of.
fn assert_back(driver: &Driver, connection: &Connection<'_>, before: &Value) {
    let client = driver.client();
    let id = connection.wait_for("connected", 2);
    assert!(id.is_null() || id != *before, "{client}: it is another connection");
    assert_eq!(connection.output("connCount", json!([])), 1, "{client}");
    // The crate tells that it is back before it subscribes again: the first event may come too early for it.
    while connection.events("tick", 0).as_array().unwrap().len() < 2 {
        driver.output(&get_or_create(driver, "gate-keeper", "back"), "burst", json!([1]));
    }
    if let Some(before) = before.as_str() {
        let log = connection.output("log", json!([]));
        let left = format!("disconnect:{before}");
        let times = log.as_array().unwrap().iter().filter(|line| **line == left).count();
        assert_eq!(times, 1, "{client}: {log}");
    }
}

/// Before the host something keeps listening, as before Rivet: every client waits for as long as it takes.
#[test]
fn clients_come_back() {
    for end in [Host::kill, stop] {
        let mut host = options().start_deployed();
        let front = Front::of(host.url());
        let drivers = Driver::start_all(front.url());
        let connections = connect(&drivers);
        front.hold();
        end(&mut host);
        for (connection, _) in &connections {
            connection.wait_for("disconnected", 1);
        }
        host.restart();
        front.lead_to(host.url());
        for (driver, (connection, before)) in drivers.iter().zip(&connections) {
            assert_back(driver, connection, before);
        }
    }
}

/// Where nobody listens while the host is away the crate tries for ever. The npm clients need not: version 2.3.19 gives a
/// connection up at its first try (client-protocol.md section 8.4), and Node's WebSocket, unlike a browser's, does not even
/// tell that it failed. Then the program connects anew.
#[test]
fn clients_find_a_host_that_was_away() {
    let mut host = options().keep_port().start_deployed();
    let drivers = Driver::start_all(host.url());
    let connections = connect(&drivers);
    host.kill();
    for (connection, _) in &connections {
        connection.wait_for("disconnected", 1);
    }
    host.restart();
    for (driver, (connection, before)) in drivers.iter().zip(&connections) {
        if driver.client().version == "rust" {
            assert_back(driver, connection, before);
        } else {
            let anew = driver.connect(&get_or_create(driver, "gate-keeper", "back"), Value::Null);
            assert_eq!(anew.output("connCount", json!([])), 1, "{}", driver.client());
        }
    }
}

fn stop(host: &mut Host) {
    host.terminate();
    assert!(host.wait().success());
}
