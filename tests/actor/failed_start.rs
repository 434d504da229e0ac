//! A start that fails: everyone who waits for it hears why, and the next call tries again.

use serde_json::json;

use crate::{create, host, id};

/// The input 1 (CBOR in base64): one start fails.
const ONE_FAILURE: &str = "AQ==";
const CALLERS: usize = 8;

#[test]
fn all_who_wait_hear_why() {
    let host = host();
    let actor = host.actor("late-starter", "a");
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                let answer = actor.call("starts", json!([]));
                assert_eq!(answer.error(), "user.not_yet");
                assert_eq!(answer.json()["message"], "Not yet.");
            });
        }
    });
    let id = id(&host, "late-starter", "a");
    host.output().wait_for(&["start 1 begins", &id]);
}

#[test]
fn the_next_call_tries_again() {
    let host = host();
    let id = create(&host, "late-starter", "a", Some(ONE_FAILURE));
    // A new actor starts at once, and a caller that comes meanwhile waits for that start.
    host.output().wait_for(&["start 1 begins", &id]);
    let actor = host.actor("late-starter", "a");
    let first = actor.call("starts", json!([]));
    let starts = if first.status == 200 {
        // The first start was over before the call came.
        first.json()["output"].clone()
    } else {
        assert_eq!(first.error(), "user.not_yet");
        actor.output("starts", json!([]))
    };
    assert_eq!(starts, 2);
    assert_eq!(actor.output("starts", json!([])), 2, "an actor that has started stays");
}
