//! The end of a connection, by the actor and by the client.

use serde_json::json;
use support::{Closed, Received};

use crate::{host, keeper, wait_for_hooks};

#[test]
fn an_actor_ends_a_connection() {
    let host = host();
    let (mut kicked, mut observer) = (keeper(&host, "a"), keeper(&host, "a"));
    kicked.send_call("kick", &json!(["time to go"]));
    assert_eq!(kicked.closed(), Closed::new(1000, "time to go"));
    assert_eq!(wait_for_hooks(&mut observer, kicked.id(), 2), ["connect", "disconnect"]);
    assert_eq!(observer.output("connCount", json!([])), 1);
}

#[test]
fn an_actor_ends_all_connections() {
    let host = host();
    let mut links = [keeper(&host, "a"), keeper(&host, "a"), keeper(&host, "a")];
    assert_eq!(host.actor("gate-keeper", "a").call("kickAll", json!([])).status, 200);
    for link in &mut links {
        assert_eq!(link.closed().code, 1000);
    }
    let mut observer = keeper(&host, "a");
    for link in &links {
        assert_eq!(wait_for_hooks(&mut observer, link.id(), 2), ["connect", "disconnect"]);
    }
}

#[test]
fn a_client_ends_a_connection() {
    let host = host();
    let (mut leaving, mut observer) = (keeper(&host, "a"), keeper(&host, "a"));
    let id = leaving.id().to_owned();
    leaving.socket().close(1000, "Disposed");
    assert_eq!(leaving.socket().message(), Received::Closed(Closed::new(1000, "Disposed")));
    assert_eq!(wait_for_hooks(&mut observer, &id, 2), ["connect", "disconnect"]);
    assert_eq!(observer.output("connCount", json!([])), 1);
}

#[test]
fn a_connection_breaks_off() {
    let host = host();
    let (broken, mut observer) = (keeper(&host, "a"), keeper(&host, "a"));
    let id = broken.id().to_owned();
    drop(broken);
    assert_eq!(wait_for_hooks(&mut observer, &id, 2), ["connect", "disconnect"]);
}

/// Whoever stays hears of who goes, in the order of the example's page.
#[test]
fn others_hear_of_the_end() {
    let host = host();
    let room = host.actor("chat-room", "a");
    let mut ada = room.connect(&json!({ "name": "Ada" }));
    for event in ["joined", "left"] {
        ada.subscribe(event);
    }
    ada.output("who", json!([]));
    let grace = room.connect(&json!({ "name": "Grace" }));
    assert_eq!(ada.event("joined"), json!([{ "name": "Grace" }]));
    drop(grace);
    assert_eq!(ada.event("left"), json!([{ "name": "Grace" }]));
    assert_eq!(ada.output("who", json!([])), json!(["Ada"]));
}

#[test]
fn destroying_an_actor_ends_its_connections() {
    let host = host();
    let mut link = keeper(&host, "a");
    let path = format!("/actors/{}?namespace=default", link.actor_id());
    assert_eq!(host.http().delete(&path).status, 200);
    let closed = link.closed();
    assert!(matches!(closed.code, 1000 | 1001 | 1011), "{closed:?}");
}

#[test]
fn a_host_that_stops_says_so() {
    let mut host = host();
    let mut link = keeper(&host, "a");
    host.terminate();
    let closed = link.closed();
    assert_eq!(closed, Closed::new(1001, "ws.going_away"));
    assert!(host.wait().success());
}
