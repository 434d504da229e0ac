//! The size of an action's body.

use serde_json::json;

use crate::host;

/// Bytes that the body of an action call may have (Rivet: `maxIncomingMessageSize`).
const BODY_BYTES: usize = 65_536;
/// Bytes of a JSON body around its argument, a text.
const AROUND_BYTES: usize = r#"{"args":[""]}"#.len();

#[test]
fn a_body_over_the_limit_is_refused() {
    let host = host();
    let longest = "x".repeat(BODY_BYTES - AROUND_BYTES);
    let actor = host.actor("echo", "a");
    assert_eq!(actor.output("echo", json!([longest])), longest);

    let refused = actor.call("echo", json!([format!("{longest}x")]));
    assert_eq!((refused.status, refused.error().as_str()), (400, "message.incoming_too_long"));
    assert_eq!(actor.output("echo", json!(["x"])), "x", "the actor goes on");
}

/// Far over the limit, so that the body does not fit into the socket's buffers: the client must get to read
/// the answer all the same.
#[test]
fn a_body_far_over_the_limit_is_answered() {
    let host = host();
    let refused = host.actor("echo", "a").call("echo", json!(["x".repeat(4 << 20)]));
    assert_eq!((refused.status, refused.error().as_str()), (400, "message.incoming_too_long"));
}
