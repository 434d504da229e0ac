//! A component is removed only when no actor needs it.

use serde_json::json;

use crate::{guest, host, upload};

#[test]
fn a_component_in_use_stays() {
    let host = host();
    upload(&host, "mine", &guest("huge-reply"));
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
    let refused = host.http().delete("/components/mine");
    assert_eq!((refused.status, refused.error().as_str()), (409, "component.in_use"));
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
}

#[test]
fn an_unused_component_goes() {
    let mut host = host();
    upload(&host, "mine", &guest("huge-reply"));
    assert_eq!(host.http().delete("/components/mine").status, 200);
    assert_eq!(host.http().get("/components/mine").status, 404);
    assert_eq!(host.http().delete("/components/mine").status, 404);
    host.kill();
    host.restart();
    assert_eq!(host.http().get("/components/mine").status, 404);
}

#[test]
fn a_component_goes_once_its_actors_are_destroyed() {
    let host = host();
    upload(&host, "mine", &guest("huge-reply"));
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
    let found = host.http().get("/actors?namespace=default&name=huge-reply&key=a").json();
    let id = found["actors"][0]["actor_id"].as_str().unwrap().to_owned();
    assert_eq!(host.http().delete(&format!("/actors/{id}?namespace=default")).status, 200);
    assert_eq!(host.http().delete("/components/mine").status, 200);
}
