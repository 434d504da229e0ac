//! Replies that are not a guest's to give.

use serde_json::json;

use crate::{bystander_answers, host_with};

#[test]
fn a_second_reply_is_dropped() {
    let host = host_with("double-reply");
    for _ in 0..3 {
        assert_eq!(host.actor("double-reply", "a").output("twice", json!([])), 1);
    }
    host.output().wait_for(&["the calls were open: true false"]);
    host.output().wait_for(&["WARN", "call"]);
    bystander_answers(&host);
}

#[test]
fn a_forged_reply_reaches_nobody() {
    let host = host_with("foreign-reply");
    let actors: Vec<_> = (0..4).map(|n| host.actor("foreign-reply", &n.to_string())).collect();
    // Calls of other actors are open all the while: none of them may get the forged answer.
    std::thread::scope(|scope| {
        for actor in &actors {
            scope.spawn(move || {
                for _ in 0..20 {
                    assert_eq!(actor.output("forge", json!([])), 0, "a forged call was open");
                }
            });
        }
    });
    host.output().wait_for(&["WARN", "call"]);
    bystander_answers(&host);
}
