//! The end of an actor, asked for from inside and from outside.

use serde_json::json;
use support::Host;

use crate::{create, found, host, id};

/// Nothing leads to the actor any more, and its key is free.
fn assert_gone(host: &Host, key: &str, gone: &str) {
    assert_eq!(found(host, "mortal", key).len(), 0);
    let path = format!("/gateway/{gone}/action/add");
    let call = host.http().send("POST", &path, &[("x-rivet-encoding", "json")], br#"{"args":[]}"#).unwrap();
    assert_eq!((call.status, call.error().as_str()), (404, "actor.not_found"));
    let next = create(host, "mortal", key, None);
    assert_ne!(next, gone, "an id was used again");
    assert_eq!(host.actor("mortal", key).output("add", json!([])), 1, "something of the old actor remains");
}

#[test]
fn an_actor_ends_itself() {
    let host = host();
    let actor = host.actor("mortal", "a");
    assert_eq!(actor.output("add", json!([])), 1);
    let gone = id(&host, "mortal", "a");
    // The action that asks for the end is still answered, and on_destroy sees what it wrote.
    assert_eq!(actor.output("die", json!([])), "bye");
    host.output().wait_for(&[r#"farewell of ["a"] at 2"#, &gone]);
    // The end is a turn of its own: this asks for it again, and is answered when it has happened.
    assert_eq!(host.http().delete(&format!("/actors/{gone}?namespace=default")).status, 200);
    assert_gone(&host, "a", &gone);
}

#[test]
fn an_actor_is_ended_from_outside() {
    let host = host();
    assert_eq!(host.actor("mortal", "a").output("add", json!([])), 1);
    let gone = id(&host, "mortal", "a");
    let path = format!("/actors/{gone}?namespace=default");
    assert_eq!(host.http().delete(&path).status, 200);
    host.output().wait_for(&[r#"farewell of ["a"] at 1"#, &gone]);
    assert_eq!(host.http().delete(&path).status, 200, "a second end is no error");
    assert_gone(&host, "a", &gone);
}

#[test]
fn an_end_survives_a_kill() {
    let mut host = host();
    assert_eq!(host.actor("mortal", "a").output("add", json!([])), 1);
    let gone = id(&host, "mortal", "a");
    assert_eq!(host.http().delete(&format!("/actors/{gone}?namespace=default")).status, 200);
    host.kill();
    host.restart();
    assert_gone(&host, "a", &gone);
}

#[test]
fn an_actor_that_cannot_start_is_ended() {
    let host = host();
    let gone = create(&host, "late-starter", "a", None);
    host.output().wait_for(&["start 1 begins", &gone]);
    assert_eq!(host.http().delete(&format!("/actors/{gone}?namespace=default")).status, 200);
    assert_eq!(found(&host, "late-starter", "a").len(), 0);
    assert_ne!(create(&host, "late-starter", "a", None), gone);
}
