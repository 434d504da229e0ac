//! A raw request by key comes to a new actor when the old one has asked for its end.

use std::collections::HashSet;

use serde_json::json;

use crate::host;

const LIVES: usize = 100;

#[test]
fn a_request_after_the_end_reaches_a_new_actor() {
    let host = host();
    let actor = host.actor("waiting-room", "a");
    let mut ids = HashSet::new();
    for life in 0..LIVES {
        let answer = host.http().get(&actor.place("/request/"));
        assert_eq!((answer.status, answer.text().as_str()), (200, "hello"), "life {life}");
        let id = answer.header("x-rivet-actor").unwrap().to_owned();
        assert!(ids.insert(id.clone()), "{id} has asked for its end");
        actor.output("die", json!([]));
    }
}
