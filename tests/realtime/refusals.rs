//! Clients that an actor does not want: what they hear, and that nothing remains of them.

use serde_json::{Value, json};
use support::{Actor, Closed, Failure, Host, Received, Refused, WebSocket, component};

use crate::{host, keeper};

fn assert_refused(actor: &Actor, params: &Value, path: &str, message: &str) {
    let failure = Failure { path: path.to_owned(), message: message.to_owned() };
    let expected = Refused { failure: Some(failure), closed: Closed::new(1011, path) };
    assert_eq!(actor.try_connect(params).err(), Some(expected));
}

#[test]
fn who_is_refused_hears_why() {
    let host = host();
    let actor = host.actor("gate-keeper", "a");
    assert_refused(&actor, &json!({ "deny": true }), "user.nope", "You may not come in.");
    // No hook but the one that refused has run, and nobody is there.
    let mut observer = keeper(&host, "a");
    let id = observer.id().to_owned();
    assert_eq!(observer.output("log", json!([])), json!([format!("connect:{id}")]));
    assert_eq!(observer.output("connCount", json!([])), 1);
}

#[test]
fn an_actor_that_does_not_answer_is_given_up() {
    let host = Host::start([component("endless-connect")]);
    let actor = host.actor("endless-connect", "a");
    assert_refused(&actor, &Value::Null, "actor.callback_timed_out", "An internal error occurred");
}

#[test]
fn a_forbidden_event_ends_the_connection() {
    let host = host();
    let mut link = keeper(&host, "a");
    link.subscribe("tick");
    link.subscribe("secret");
    assert_eq!(link.closed(), Closed::new(1011, "auth.forbidden"));
}

#[test]
fn an_actor_that_is_not_there_is_named() {
    let host = host();
    let path = "/gateway/gate-keeper/connect?rvt-namespace=default&rvt-method=get&rvt-key=nobody";
    let mut socket = WebSocket::open(host.url(), path, &["rivet", "rivet_encoding.json"]);
    let Received::Text(error) = socket.message() else { panic!("an error comes first") };
    let error: Value = serde_json::from_str(&error).unwrap();
    assert_eq!(error["body"]["val"]["group"], "actor");
    assert_eq!(error["body"]["val"]["code"], "not_found");
    assert_eq!(error["body"]["val"]["actionId"], Value::Null);
    assert_eq!(socket.closed(), Closed::new(1011, "actor.not_found"));
}
