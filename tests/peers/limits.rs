//! Calls between actors are bounded, and past a bound there is an error.

use serde_json::json;
use support::{HostOptions, component};

use crate::{host, peer};

#[test]
fn calls_that_go_ever_deeper_come_to_an_end() {
    let host = host();
    assert_eq!(peer(&host, "a").output("dig", json!([])), "actor.call_too_deep");
}

#[test]
fn as_many_calls_as_may_be_pending_are_answered_and_more_are_refused() {
    let host = host();
    let flood = peer(&host, "a").output("flood", json!(["b", 1_000]));
    assert_eq!(flood, json!([1_000, []]));
    let flood = peer(&host, "a").output("flood", json!(["b", 1_500]));
    // One of its operations is the wait of its `run` for a job.
    assert_eq!(flood, json!([1_023, ["actor.overloaded"]]));
    assert_eq!(peer(&host, "b").output("count", json!([])), 2_023);
}

#[test]
fn what_is_too_long_for_a_client_is_too_long_for_an_actor() {
    let host = host();
    // The arguments are one array, whose text has a head of three bytes.
    let most = 65_536 - 4;
    assert_eq!(peer(&host, "a").output("askLong", json!(["b", most])), json!(null));
    let seen = peer(&host, "a").output("askLong", json!(["b", most + 1]));
    assert_eq!((seen["group"].as_str(), seen["code"].as_str()), (Some("message"), Some("incoming_too_long")));
}

/// As many calls as an actor takes at a time, all of which wait for calls that come back to it: these are heard.
#[test]
fn calls_that_wait_for_others_keep_no_call_out() {
    let options = HostOptions::new([component("peers")]).args(["--option", "peer.actionTimeout=120000"]);
    let host = options.start_deployed();
    peer(&host, "a").output("count", json!([]));
    let ended: Vec<String> = std::thread::scope(|scope| {
        let ask = || match peer(&host, "a").call("ask", json!(["a", "count", []])) {
            answer if answer.status == 200 => "ok".to_owned(),
            answer => answer.error(),
        };
        let asking: Vec<_> = (0..1_100).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|asking| asking.join().unwrap()).collect()
    });
    // Past the bounds of the mailbox and of operations some are refused, at once.
    assert!(ended.iter().all(|ended| ["ok", "actor.overloaded"].contains(&ended.as_str())), "{ended:?}");
    assert!(ended.iter().filter(|ended| *ended == "ok").count() > 500, "{ended:?}");
}
