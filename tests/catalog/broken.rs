//! A component whose file is damaged stays known: it can be looked at, removed and deployed anew.

use serde_json::json;
use support::Host;

use crate::{another_build, guest, host, upload};

/// A host whose component `mine` has a damaged file.
fn host_with_damage() -> Host {
    let mut host = host();
    let deployed = upload(&host, "mine", &guest("huge-reply")).json();
    let digest = deployed["digest"].as_str().unwrap();
    host.kill();
    let file = host.data().join("components").join(format!("{digest}.wasm"));
    std::fs::write(file, b"no component").unwrap();
    host.restart();
    host
}

#[test]
fn it_is_shown_with_its_error_and_can_be_removed() {
    let host = host_with_damage();
    let shown = host.http().get("/components/mine").json();
    assert!(shown["error"].as_str().unwrap().contains("damaged"), "{shown}");
    assert_eq!(shown["actors"][0]["name"], "huge-reply", "{shown}");
    assert_ne!(host.actor("huge-reply", "a").call("small", json!([])).status, 200);
    assert_eq!(host.http().get("/components/counter").json().get("error"), None);
    assert_eq!(host.http().delete("/components/mine").status, 200);
    assert_eq!(host.http().get("/components/mine").status, 404);
}

#[test]
fn its_actor_names_stay_taken() {
    let host = host_with_damage();
    let answer = upload(&host, "yours", &another_build(guest("huge-reply"), 1));
    assert_eq!((answer.status, answer.error().as_str()), (409, "component.actor_name_taken"));
}

#[test]
fn the_same_bytes_mend_it() {
    let host = host_with_damage();
    let deployed = upload(&host, "mine", &guest("huge-reply")).json();
    assert_eq!((&deployed["created"], &deployed["version"]), (&json!(true), &json!(2)));
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
    assert_eq!(host.http().get("/components/mine").json().get("error"), None);
}
