//! An action that takes longer than its callers wait.

use serde_json::json;

use crate::host;

#[test]
fn a_late_answer_is_dropped_and_logged() {
    let host = host();
    let actor = host.actor("hasty", "a");
    assert_eq!(actor.output("finished", json!([])), 0);
    let answer = actor.call("dawdle", json!([]));
    assert_eq!((answer.status, answer.error().as_str()), (408, "actor.action_timed_out"));
    host.output().wait_for(&["WARN", "reply to call", "not open"]);
    // The action went on to its end, and nobody else got its answer.
    assert_eq!(actor.output("finished", json!([])), 1);
}
