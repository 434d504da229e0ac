//! Who hears what, and in which order.

use serde_json::{Value, json};
use support::ToClient;

use crate::{host, keeper};

fn ticks(count: u64) -> Vec<(String, Value)> {
    (0..count).map(|tick| ("tick".to_owned(), json!([tick]))).collect()
}

#[test]
fn events_come_before_the_answer() {
    let host = host();
    let mut link = keeper(&host, "a");
    link.subscribe("tick");
    let call = link.send_call("burst", &json!([3]));
    for tick in 0..3 {
        assert_eq!(link.receive(), ToClient::Event("tick".to_owned(), json!([tick])));
    }
    assert_eq!(link.receive(), ToClient::Answer(call, Ok(json!(3))));
}

#[test]
fn many_events_keep_their_order() {
    let host = host();
    let mut listener = keeper(&host, "a");
    listener.subscribe("tick");
    listener.output("connCount", json!([]));
    let mut caller = keeper(&host, "a");
    assert_eq!(caller.output("burst", json!([500])), 500);
    for tick in 0..500 {
        assert_eq!(listener.event("tick"), json!([tick]));
    }
    // And over turns: each burst is a turn of its own.
    for _ in 0..20 {
        caller.send_call("burst", &json!([5]));
    }
    for tick in 0..100 {
        assert_eq!(listener.event("tick"), json!([tick % 5]));
    }
}

#[test]
fn only_who_has_subscribed_hears() {
    let host = host();
    let (mut listener, mut other) = (keeper(&host, "a"), keeper(&host, "a"));
    let mut stranger = keeper(&host, "another actor");
    listener.subscribe("tick");
    listener.subscribe("something else");
    stranger.subscribe("tick");
    assert_eq!(listener.output("burst", json!([2])), 2);
    assert_eq!(listener.heard(), ticks(2));
    other.output("connCount", json!([]));
    stranger.output("connCount", json!([]));
    assert_eq!((other.heard(), stranger.heard()), (vec![], vec![]));
}

#[test]
fn a_subscription_ends() {
    let host = host();
    let mut link = keeper(&host, "a");
    link.subscribe("tick");
    // A second one changes nothing: the client counts its listeners.
    link.subscribe("tick");
    link.output("burst", json!([1]));
    link.unsubscribe("tick");
    link.output("burst", json!([1]));
    assert_eq!(link.heard(), ticks(1));
    link.unsubscribe("never subscribed to");
    link.subscribe("tick");
    link.output("burst", json!([1]));
    assert_eq!(link.heard(), ticks(1));
}

#[test]
fn one_connection_is_told_alone() {
    let host = host();
    let room = host.actor("chat-room", "a");
    let mut ada = room.connect(&json!({ "name": "Ada" }));
    let mut grace = room.connect(&json!({ "name": "Grace" }));
    for link in [&mut ada, &mut grace] {
        link.subscribe("whisper");
    }
    ada.output("whisper", json!(["Grace", "hush"]));
    assert_eq!(grace.event("whisper"), json!([{ "from": "Ada", "text": "hush" }]));
    assert_eq!(ada.call("whisper", json!(["Nobody", "hush"])).unwrap_err().path, "user.not_here");
    assert_eq!(ada.heard(), []);
}

/// An actor may say an event to one connection whether it has subscribed or not.
#[test]
fn what_is_said_to_one_needs_no_subscription() {
    let host = host();
    let room = host.actor("chat-room", "a");
    let mut ada = room.connect(&json!({ "name": "Ada" }));
    let mut grace = room.connect(&json!({ "name": "Grace" }));
    ada.output("whisper", json!(["Grace", "hush"]));
    assert_eq!(grace.event("whisper"), json!([{ "from": "Ada", "text": "hush" }]));
}

#[test]
fn an_actor_without_hooks_is_heard() {
    let host = host();
    let mut link = host.actor("deaf", "a").connect(&Value::Null);
    link.subscribe("shout");
    link.output("hello", json!([]));
    host.actor("deaf", "a").call("shout", json!(["hey"]));
    let ToClient::Event(name, _) = link.receive() else { panic!("an event") };
    assert_eq!(name, "shout");
}
