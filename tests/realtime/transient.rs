//! Calls over HTTP: each is a connection for as long as it lasts (client-protocol.md section 5).

use serde_json::json;

use crate::{host, keeper, wait_for_hooks};

#[test]
fn a_call_is_a_connection() {
    let host = host();
    let actor = host.actor("gate-keeper", "a");
    assert_eq!(actor.output("connCount", json!([])), 1);
    let mut observer = keeper(&host, "a");
    let log = observer.output("log", json!([]));
    let first =
        log[0].as_str().unwrap().strip_prefix("connect:").expect("the call was let in first").to_owned();
    assert_eq!(first.len(), 36, "a UUID");
    assert_eq!(wait_for_hooks(&mut observer, &first, 2), ["connect", "disconnect"]);
    assert_eq!(observer.output("connCount", json!([])), 1);
    assert_eq!(actor.output("connCount", json!([])), 2);
}

#[test]
fn a_call_can_be_refused() {
    let host = host();
    let path = host.actor("gate-keeper", "a").path("connCount");
    let headers = [("x-rivet-encoding", "json"), ("x-rivet-conn-params", r#"{"deny":true}"#)];
    let answer = host.http().send("POST", &path, &headers, br#"{"args":[]}"#).unwrap();
    assert_eq!((answer.status, answer.error().as_str()), (500, "user.nope"));
    let mut observer = keeper(&host, "a");
    let id = observer.id().to_owned();
    assert_eq!(observer.output("log", json!([])), json!([format!("connect:{id}")]));
}

#[test]
fn an_actor_without_hooks_lets_everybody_in() {
    let host = host();
    assert_eq!(host.actor("deaf", "a").call("hello", json!([])).status, 200);
    let mut link = host.actor("deaf", "a").connect(&json!({ "deny": true }));
    assert_eq!(link.output("hello", json!([])), host.actor("deaf", "a").output("hello", json!([])));
}
