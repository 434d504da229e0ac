//! What the host tells about its components and actors.

use crate::{guest, host, upload};

#[test]
fn components_are_listed() {
    let host = host();
    upload(&host, "mine", &guest("huge-reply"));
    let listed = host.http().get("/components").json();
    let names: Vec<_> = listed["components"].as_array().unwrap().iter().map(|c| c["name"].clone()).collect();
    assert!(names.contains(&"mine".into()) && names.contains(&"counter".into()), "{listed}");
    let one = host.http().get("/components/mine").json();
    assert_eq!(one["name"], "mine");
    assert_eq!(one["digest"].as_str().map(str::len), Some(64), "{one}");
    let missing = host.http().get("/components/nobody");
    assert_eq!((missing.status, missing.error().as_str()), (404, "component.not_found"));
}

#[test]
fn actor_names_are_listed() {
    let host = host();
    upload(&host, "mine", &guest("huge-reply"));
    let names = host.http().get("/actors/names?namespace=default").json();
    let names = names["names"].as_object().unwrap();
    assert!(names.contains_key("counter") && names.contains_key("huge-reply"), "{names:?}");
}
