//! Guests that misbehave where connections come in: the host says what happened, and serves everyone else.

use serde_json::{Value, json};
use support::{Host, ToClient, component, example};

fn host_with(guest: &str) -> Host {
    Host::start([component(guest), example("counter")])
}

/// A bystander's connection still works, events included.
fn bystander_counts(host: &Host) {
    let mut link = host.actor("counter", "bystander").connect(&Value::Null);
    link.subscribe("newCount");
    let count = link.output("increment", json!([1]));
    assert_eq!(link.event("newCount"), json!([count]));
}

#[test]
fn a_flood_of_events_is_dammed() {
    let host = host_with("event-flood");
    for action in ["many", "large"] {
        let mut listener = host.actor("event-flood", action).connect(&Value::Null);
        listener.subscribe("flood");
        let answer = host.actor("event-flood", action).output(action, json!([]));
        let refusal = answer[0].as_str().unwrap();
        assert!(refusal.starts_with("actor.") || refusal.starts_with("message."), "{refusal}");
        assert!(answer[1].as_u64().unwrap() < 1_000_000);
        bystander_counts(&host);
        // Whoever listens hears it, or is closed because it does not read as fast.
        assert!(matches!(listener.receive(), ToClient::Event(..) | ToClient::Closed(_)));
    }
}

#[test]
fn who_cannot_take_leave_has_taken_it() {
    let host = host_with("disconnect-trap");
    let actor = host.actor("disconnect-trap", "a");
    let mut link = actor.connect(&Value::Null);
    assert_eq!(link.output("hello", json!([])), true);
    link.socket().close(1000, "");
    host.output().wait_for(&["there is no leaving"]);
    // Neither is anything left of that turn, nor is it tried again: the next start would trap as well.
    let mut next = actor.connect(&Value::Null);
    assert_eq!(next.output("remains", json!([])), false);
    bystander_counts(&host);
    let leaving = host.output().lines().iter().filter(|line| line.contains("somebody leaves")).count();
    assert_eq!(leaving, 1);
}

#[test]
fn a_door_that_never_opens_holds_nobody_else() {
    let host = host_with("endless-connect");
    let waiting = host.actor("endless-connect", "a");
    std::thread::scope(|scope| {
        let refused = scope.spawn(|| waiting.try_connect(&Value::Null).err().expect("a refusal"));
        bystander_counts(&host);
        assert_eq!(refused.join().unwrap().closed.reason, "actor.callback_timed_out");
    });
}
