//! The ways of a WebSocket to its actor (client-protocol.md sections 4 and 8.1).

use serde_json::{Value, json};
use support::{Link, WebSocket};

use crate::{host, keeper};

#[test]
fn every_address_leads_to_the_same_actor() {
    let host = host();
    let first = keeper(&host, "a");
    let id = first.actor_id().to_owned();
    let paths = [
        format!("/gateway/{id}/connect"),
        format!("/gateway/{id}@a%20token/connect"),
        format!("/gateway/{id}/connect?some=query"),
        host.actor("gate-keeper", "a").place("/connect"),
        host.actor("gate-keeper", "a").place("/connect?some=query"),
        format!("/api/rivet/gateway/{id}/connect"),
        "/gateway/gate-keeper/connect?rvt-namespace=default&rvt-method=get&rvt-key=a".to_owned(),
    ];
    for path in paths {
        let link = Link::open(host.url(), &path, &Value::Null).unwrap_or_else(|e| panic!("{path}: {e:?}"));
        assert_eq!(link.actor_id(), id, "{path}");
    }
}

#[test]
fn subprotocols_address_an_actor() {
    let host = host();
    let id = keeper(&host, "a").actor_id().to_owned();
    let actor = format!("rivet_actor.{id}");
    for path in ["/connect", "/api/rivet/connect"] {
        let protocols = ["rivet", "rivet_target.actor", &actor, "rivet_encoding.json", "rivet_token.t"];
        let mut link = Link::over(WebSocket::open(host.url(), path, &protocols)).unwrap();
        assert_eq!(link.actor_id(), id, "{path}");
        assert_eq!(link.output("connCount", json!([])), 1);
    }
}

#[test]
fn an_upgrade_is_answered_as_browsers_need_it() {
    let host = host();
    let path = host.actor("counter", "a").place("/connect");
    let origin = [("origin", "http://app.example")];
    let protocols = ["rivet", "rivet_encoding.bare"];
    let socket = WebSocket::try_open(host.url(), &path, &protocols, &origin);
    let socket = socket.unwrap_or_else(|answer| panic!("no upgrade: {answer:?}"));
    let header = |name: &str| socket.head().header(name).map(str::to_owned);
    assert_eq!(header("sec-websocket-protocol").as_deref(), Some("rivet"));
    assert_eq!(header("access-control-allow-origin").as_deref(), Some("http://app.example"));
    assert_eq!(header("access-control-allow-credentials").as_deref(), Some("true"));
    assert_eq!(header("access-control-expose-headers").as_deref(), Some("*"));
    assert_eq!(header("sec-websocket-extensions"), None, "compression is not offered");
    assert!(header("x-rivet-ray-id").is_some());
}

#[test]
fn what_is_no_upgrade_is_told_so() {
    let host = host();
    let path = host.actor("counter", "a").place("/connect");
    let answer = host.http().get(&path);
    assert_eq!((answer.status, answer.error().as_str()), (426, "guard.upgrade_required"));
    assert_eq!(answer.header("upgrade"), Some("websocket"));
}
