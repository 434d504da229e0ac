//! An upload is visible at once and whole, and the same bytes again change nothing.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{another_build, guest, host, upload};

#[test]
fn an_uploaded_actor_answers() {
    let host = host();
    let before = host.actor("huge-reply", "a").call("small", json!([]));
    assert_ne!(before.status, 200);
    let answer = upload(&host, "mine", &guest("huge-reply"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let deployed = answer.json();
    assert_eq!(deployed["name"], "mine");
    assert_eq!(deployed["created"], true);
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
}

#[test]
fn an_upload_survives_a_kill() {
    let mut host = host();
    assert_eq!(upload(&host, "mine", &guest("huge-reply")).status, 200);
    host.kill();
    host.restart();
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
}

#[test]
fn the_same_bytes_again_change_nothing() {
    let host = host();
    let first = upload(&host, "mine", &guest("huge-reply")).json();
    let second = upload(&host, "mine", &guest("huge-reply")).json();
    assert_eq!(second["created"], false);
    assert_eq!(second["digest"], first["digest"]);
    assert_eq!(second["version"], first["version"]);
    let third = upload(&host, "mine", &another_build(guest("huge-reply"), 1)).json();
    assert_eq!(third["created"], true);
    assert_ne!(third["digest"], first["digest"]);
    assert_ne!(third["version"], first["version"]);
}

#[test]
fn actors_answer_while_a_component_is_uploaded() {
    let host = host();
    let counter = host.actor("counter", "busy");
    assert_eq!(counter.output("increment", json!([])), 1);
    let component = guest("log-flood");
    let (mut count, mut slowest) = (1, Duration::ZERO);
    let took = std::thread::scope(|scope| {
        let upload = scope.spawn(|| {
            let began = Instant::now();
            assert_eq!(upload(&host, "mine", &component).status, 200);
            began.elapsed()
        });
        while !upload.is_finished() {
            count += 1;
            let began = Instant::now();
            assert_eq!(counter.output("increment", json!([])), count);
            slowest = slowest.max(began.elapsed());
        }
        upload.join().unwrap()
    });
    assert!(count > 2, "the upload was over before the second call");
    assert!(slowest < took, "a call took {slowest:?} while the upload took {took:?}: it waited for it");
}

#[test]
fn an_actor_name_belongs_to_one_component() {
    let host = host();
    assert_eq!(upload(&host, "mine", &guest("huge-reply")).status, 200);
    let answer = upload(&host, "yours", &another_build(guest("huge-reply"), 1));
    assert_eq!((answer.status, answer.error().as_str()), (409, "component.actor_name_taken"));
}

#[test]
fn hostile_names_are_refused() {
    let host = host();
    let bytes = guest("huge-reply");
    for name in ["..", ".hidden", "a%2Fb", "%2e%2e%2fetc", &"n".repeat(65), "a%00b"] {
        let answer = upload(&host, name, &bytes);
        assert!((400..500).contains(&answer.status), "{name}: {} {}", answer.status, answer.text());
    }
    assert_eq!(host.http().get("/components").json()["components"].as_array().unwrap().len(), 1);
}
