//! A guest that never answers its start.

use serde_json::json;

use crate::{bystander_answers, host_with};

/// Takes as long as the host waits for a start: 30 seconds.
#[test]
fn a_start_without_an_answer_is_given_up() {
    let host = host_with("silent-start");
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| host.actor("silent-start", "a").call("hello", json!([])));
        bystander_answers(&host);
        let answer = caller.join().unwrap();
        assert_eq!(answer.error(), "actor.callback_timed_out");
    });
    host.output().wait_for(&["silent-start"]);
    bystander_answers(&host);
}
