//! Sockets stay open over the sleep of their actor, unless they belong to the instance.

use serde_json::{Value, json};
use support::{Received, ToClient};

use crate::{host, id, sleep, state, wait_for};

#[test]
fn a_connection_outlives_sleep() {
    let host = host();
    let mut link = host.actor("light", "a").connect(&Value::Null);
    let (id, connection) = (id(&host, "light", "a"), link.id().to_owned());
    for calls in 1..4 {
        assert_eq!(link.output("calls", json!([])), calls);
        sleep(&host, &id);
        assert_eq!(state(&host, &id), "asleep");
    }
    assert_eq!(link.id(), connection);
    assert_eq!(link.output("calls", json!([])), 4);
    assert!(link.heard().is_empty());
}

#[test]
fn a_call_sent_while_it_falls_asleep_is_answered() {
    let host = host();
    let dreamer = host.actor("dreamer", "a");
    dreamer.output("take", json!([500]));
    let mut link = dreamer.connect(&Value::Null);
    let id = id(&host, "dreamer", "a");
    std::thread::scope(|scope| {
        scope.spawn(|| sleep(&host, &id));
        host.output().wait_for(&["on_sleep begins"]);
        let sent = link.send_call("slept", &json!([]));
        match link.receive() {
            ToClient::Answer(answered, outcome) => assert_eq!((answered, outcome.unwrap()), (sent, json!(1))),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_socket_that_closes_wakes_the_actor_to_take_leave() {
    let host = host();
    let light = host.actor("light", "a");
    let mut link = light.connect(&Value::Null);
    link.output("calls", json!([]));
    let id = id(&host, "light", "a");
    sleep(&host, &id);
    link.socket().close(1000, "bye");
    drop(link);
    // It wakes, takes leave, and falls asleep again by itself.
    let log = loop {
        let log = light.output("log", json!([]));
        if log.as_array().unwrap().iter().any(|line| line == "disconnect") {
            break log;
        }
    };
    assert_eq!(log, json!(["Cold", "asleep, aborted: true", "Snapshot", "disconnect"]));
    wait_for(&host, &id, "asleep");
}

#[test]
fn connections_that_were_lost_while_it_slept_are_taken_leave_of() {
    let mut host = host();
    let mut link = host.actor("light", "a").connect(&Value::Null);
    assert_eq!(link.output("calls", json!([])), 1);
    sleep(&host, &id(&host, "light", "a"));
    host.kill();
    host.restart();
    let light = host.actor("light", "a");
    assert_eq!(
        light.output("calls", json!([])),
        2,
        "a host that restarts beneath a sleeping actor is no matter"
    );
    let log = light.output("log", json!([]));
    assert_eq!(log, json!(["Cold", "asleep, aborted: true", "Snapshot", "disconnect"]));
}

#[test]
fn a_raw_socket_that_does_not_outlive_the_instance_is_closed() {
    let host = host();
    let actor = host.actor("bound-sockets", "a");
    let mut socket = actor.web_socket("/");
    socket.send_text("hello");
    assert_eq!(socket.message(), Received::Text("hello".to_owned()));
    let id = id(&host, "bound-sockets", "a");
    sleep(&host, &id);
    let closed = socket.closed();
    assert_eq!((closed.code, closed.reason.as_str()), (1001, "actor.sleeping"));
    assert_eq!(actor.output("log", json!([])), json!(["close 1001"]));
}
