//! A subscription that is taken back while the actor still thinks about it.

use serde_json::json;

use crate::{host, keeper};

#[test]
fn a_subscription_that_is_taken_back_hears_nothing() {
    let host = host();
    let [mut withdrawn, mut steady, mut fickle] = [0; 3].map(|_| keeper(&host, "a"));
    withdrawn.subscribe("latched");
    withdrawn.unsubscribe("latched");
    steady.subscribe("latched");
    fickle.subscribe("latched");
    fickle.unsubscribe("latched");
    fickle.subscribe("latched");
    for link in [&mut withdrawn, &mut steady, &mut fickle] {
        // Answered after all of these have arrived; none of the hooks has ended.
        link.output("connCount", json!([]));
    }
    steady.output("unlatch", json!([]));
    // Waits for the hooks.
    steady.output("settle", json!([]));
    steady.output("say", json!(["latched"]));
    for link in [&mut withdrawn, &mut steady, &mut fickle] {
        link.output("connCount", json!([]));
    }
    assert_eq!(withdrawn.heard(), []);
    for link in [&mut steady, &mut fickle] {
        assert_eq!(link.heard(), [("latched".to_owned(), json!(["latched"]))]);
    }
}
