//! Nothing leaves before the turn that asks for it has committed. That it waits for the disk is seen in `crash/fetch.rs`.

use serde_json::json;

use crate::{both, fetcher};

#[test]
fn a_turn_that_traps_asks_nobody() {
    let (server, host) = both();
    let actor = fetcher(&host);
    assert_eq!(actor.output("asked", json!([])), 0);
    let answer = actor.call("askAndTrap", json!([server.url("/echo")]));
    assert_eq!(answer.error(), "actor.panicked", "{}", answer.text());
    assert_eq!(actor.output("asked", json!([])), 0);
    // Behind it, so that what had left would be there.
    assert_eq!(actor.output("countAndAsk", json!([server.url("/status/200")])), 200);
    assert_eq!(actor.output("asked", json!([])), 1);
    assert_eq!((server.connections(), server.asked().len()), (1, 1));
}
