//! A client that sends call upon call and reads nothing has the actor no more for itself than others.

use serde_json::{Value, json};
use support::ToClient;

use crate::host;

const CALLS: usize = 3_000;
/// What one connection may have under way (`CONNECTION_CALLS` of the host's limits).
const UNDER_WAY: u64 = 256;

#[test]
fn who_pipelines_keeps_nobody_out() {
    let host = host();
    let actor = host.actor("waiting-room", "a");
    let mut greedy = actor.connect(&Value::Null);
    let greedy = std::thread::spawn(move || {
        // The host stops to read at some point: this may wait until the calls are let go.
        let calls: Vec<u64> = (0..CALLS).map(|_| greedy.send_call("wait", &json!([]))).collect();
        for call in calls {
            assert_eq!(greedy.receive(), ToClient::Answer(call, Ok(json!("let go"))));
        }
        greedy
    });
    let waiting = || actor.output("waiting", json!([])).as_u64().unwrap();
    while waiting() < UNDER_WAY {}
    let mut other = actor.connect(&Value::Null);
    for _ in 0..100 {
        assert_eq!(actor.output("hello", json!([])), "hello");
        assert_eq!(other.output("hello", json!([])), "hello");
        assert_eq!(host.http().get(&actor.place("/request/")).text(), "hello");
    }
    assert_eq!(waiting(), UNDER_WAY);
    actor.output("letGo", json!([]));
    let mut greedy = greedy.join().unwrap();
    assert_eq!(greedy.output("hello", json!([])), "hello");
}
