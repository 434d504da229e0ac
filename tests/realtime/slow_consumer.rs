//! A client that does not read harms nobody but itself.

use serde_json::json;
use support::{Closed, Received};

use crate::{host, keeper, wait_for_hooks};

/// More than the host keeps for a socket, and more than what the kernel's buffers hold beside it.
const BLOBS: usize = 90;
const BLOB_BYTES: usize = 900 << 10;

#[test]
fn a_slow_consumer_is_closed_and_others_hear_everything() {
    let host = host();
    let (mut slow, mut caller) = (keeper(&host, "a"), keeper(&host, "a"));
    let mut quick = keeper(&host, "a");
    for link in [&mut slow, &mut quick] {
        link.subscribe("blob");
        link.output("connCount", json!([]));
    }
    for _ in 0..BLOBS {
        caller.output("blob", json!([BLOB_BYTES]));
        assert_eq!(quick.event("blob")[0].as_str().unwrap().len(), BLOB_BYTES);
    }
    assert_eq!(slow.closed(), Closed::new(1013, "ws.slow_consumer"));
    assert!(matches!(slow.socket().message(), Received::Closed(_)), "nothing comes after the close");
    assert_eq!(wait_for_hooks(&mut caller, slow.id(), 2), ["connect", "disconnect"]);
}
