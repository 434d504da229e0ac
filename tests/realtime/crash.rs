//! An instance ends beneath open sockets: nothing of the turn that trapped is heard, and everything else stays.

use serde_json::json;
use support::{Link, ToClient};

use crate::{hooks_of, host, keeper};

fn assert_traps(link: &mut Link, action: &str) {
    let error = link.call(action, json!([])).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.message.as_str()),
        ("actor.panicked", "An internal error occurred")
    );
}

#[test]
fn a_turn_that_traps_says_nothing() {
    let host = host();
    let (mut caller, mut listener) = (keeper(&host, "a"), keeper(&host, "a"));
    for link in [&mut caller, &mut listener] {
        link.subscribe("ghost");
        link.subscribe("tick");
        link.output("connCount", json!([]));
    }
    assert_traps(&mut caller, "trapAfterBroadcast");
    caller.output("burst", json!([1]));
    assert_eq!(caller.event("tick"), json!([0]), "the caller heard of a turn that never was");
    assert_eq!(listener.event("tick"), json!([0]), "the listener heard of a turn that never was");
}

#[test]
fn connections_outlive_the_instance() {
    let host = host();
    let params = json!({ "deny": false, "note": ["ä", 1.5, null] });
    let mut first = host.actor("gate-keeper", "a").connect(&params);
    let mut second = keeper(&host, "a");
    first.subscribe("tick");
    first.output("setMyState", json!(["of the first"]));
    assert_eq!(first.output("myState", json!([])), json!({ "calls": 1, "value": "of the first" }));
    let generation = host.actor("gate-keeper", "a").call("connCount", json!([]));
    let generation = generation.header("x-rivet-actor-generation").unwrap().to_owned();

    assert_traps(&mut second, "crash");
    let after = host.actor("gate-keeper", "a").call("connCount", json!([]));
    assert_ne!(after.header("x-rivet-actor-generation"), Some(generation.as_str()), "another instance");
    assert_eq!(after.json()["output"], 3, "both, and the call itself");

    // Both are who they were: `call` would stop at a second Init.
    assert_eq!(first.output("myState", json!([])), json!({ "calls": 2, "value": "of the first" }));
    assert_eq!(first.output("myParams", json!([])), params);
    assert_eq!(first.output("myId", json!([])), first.id());
    let (first_id, second_id) = (first.id().to_owned(), second.id().to_owned());
    for id in [&first_id, &second_id] {
        assert_eq!(hooks_of(&mut second, id), ["connect"]);
    }
    second.output("burst", json!([1]));
    assert_eq!(first.event("tick"), json!([0]), "subscriptions outlive the instance");
}

#[test]
fn calls_wait_for_the_next_instance() {
    let host = host();
    let (mut first, mut second) = (keeper(&host, "a"), keeper(&host, "a"));
    first.output("setMyState", json!(["kept"]));
    // All of these are on their way when the instance ends.
    let crash = second.send_call("crash", &json!([]));
    let calls: Vec<u64> = (0..20).map(|_| second.send_call("connCount", &json!([]))).collect();
    let mut answered = Vec::new();
    while answered.len() <= calls.len() {
        match second.receive() {
            ToClient::Answer(id, outcome) if id == crash => {
                assert_eq!(outcome.unwrap_err().path, "actor.panicked");
                answered.push(id);
            }
            ToClient::Answer(id, outcome) => {
                assert_eq!(outcome, Ok(json!(2)));
                answered.push(id);
            }
            other => panic!("{other:?}"),
        }
    }
    answered.sort_unstable();
    assert_eq!(answered, (crash..=crash + 20).collect::<Vec<_>>(), "each is answered once");
    assert_eq!(first.output("myState", json!([]))["value"], "kept");
}
