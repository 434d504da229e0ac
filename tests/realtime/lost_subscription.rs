//! A subscription that an instance takes with it: its client must not believe that it listens.

use serde_json::json;
use support::{Closed, ToClient};

use crate::{host, keeper, wait_for_hooks};

#[test]
fn a_subscription_that_is_lost_ends_its_connection() {
    let host = host();
    let (mut waiting, mut other) = (keeper(&host, "a"), keeper(&host, "a"));
    waiting.subscribe("tick");
    waiting.subscribe("latched");
    // Answered after the hook has begun, which does not end.
    waiting.output("connCount", json!([]));
    other.subscribe("tick");
    assert_eq!(other.call("trapAfterBroadcast", json!([])).unwrap_err().path, "actor.panicked");
    // The end comes before whatever it is asked now.
    waiting.send_call("connCount", &json!([]));
    assert_eq!(waiting.receive(), ToClient::Closed(Closed::new(1011, "actor.panicked")));
    // Who has waited for nothing stays.
    other.output("burst", json!([1]));
    assert_eq!(other.event("tick"), json!([0]));
    // Of the other, the next instance takes leave.
    assert_eq!(wait_for_hooks(&mut other, waiting.id(), 2), ["connect", "disconnect"]);
    assert_eq!(other.output("connCount", json!([])), 1);
}
