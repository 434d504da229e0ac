//! Floods: log lines without number, answers without measure.

use serde_json::json;

use crate::{bystander_answers, host_with};

/// Lines of one guest that the host may let through in a test: its burst, and what a slow machine adds.
const LINES_AT_MOST: usize = 2_000;

#[test]
fn a_flood_of_log_lines_is_dammed() {
    let host = host_with("log-flood");
    for (action, word) in [("flood", "flood "), ("print", "printed flood ")] {
        assert_eq!(host.actor("log-flood", action).output(action, json!([])), true);
        bystander_answers(&host);
        host.output().wait_for(&[word]);
        let lines = host.output().lines().iter().filter(|line| line.contains(word)).count();
        assert!(lines <= LINES_AT_MOST, "{lines} of 20,000 lines of {action} got through");
    }
    host.output().wait_for(&["dropped"]);
}

#[test]
fn a_long_log_line_is_cut() {
    let host = host_with("log-flood");
    assert_eq!(host.actor("log-flood", "a").output("shout", json!([])), true);
    let line = host.output().wait_for(&["LOUD"]);
    assert!(line.len() < 20_000, "a line of {} bytes got through", line.len());
}

#[test]
fn a_huge_reply_is_refused() {
    let host = host_with("huge-reply");
    let actor = host.actor("huge-reply", "a");
    let answer = actor.call("huge", json!([]));
    assert_eq!(answer.error(), "message.outgoing_too_long");
    assert_eq!(answer.status, 400);
    assert_eq!(actor.output("small", json!([])), true);
    bystander_answers(&host);
}
