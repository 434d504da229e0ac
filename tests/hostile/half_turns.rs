//! A turn that traps: nothing was written, nothing was said.

use serde_json::json;

use crate::{assert_panicked, host_with};

#[test]
fn nothing_remains_of_a_turn_that_traps() {
    let mut host = host_with("half-turn");
    let actor = host.actor("half-turn", "a");
    assert_eq!(actor.output("look", json!([])), false);
    // The guest answered before it trapped: that answer must not leave.
    assert_panicked(&actor.call("break", json!([])));
    assert_eq!(actor.output("look", json!([])), false);
    host.kill();
    host.restart();
    assert_eq!(host.actor("half-turn", "a").output("look", json!([])), false);
}

#[test]
fn the_log_tells_where_a_guest_panicked() {
    let host = host_with("half-turn");
    assert_panicked(&host.actor("half-turn", "a").call("break", json!([])));
    host.output().wait_for(&["this turn breaks off"]);
    host.output().wait_for(&["half-turn/src/lib.rs:"]);
}
