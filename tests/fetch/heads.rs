//! The head of an answer is within bounds, whatever a server says.

use serde_json::json;

use crate::{ask, both, error, get};

#[test]
fn a_head_is_as_long_as_it_may_be_and_no_longer() {
    let (server, host) = both();
    for (fits, path) in
        [(true, "/head/500"), (false, "/head/600"), (true, "/long-head/60000"), (false, "/long-head/70000")]
    {
        let came = get(&host, &server.url(path));
        if fits {
            assert_eq!(came["status"], 200, "{path}: {came}");
        } else {
            assert_eq!(error(&came), "fetch.failed", "{path}");
        }
    }
}

#[test]
fn a_head_that_never_ends_is_not_waited_for() {
    let (server, host) = both();
    for (count, path) in ["/drip-head", "/early"].into_iter().enumerate() {
        let came = ask(&host, json!({"url": server.url(path), "timeoutMs": 300}));
        assert_eq!(error(&came), "fetch.timed_out", "{path}");
        server.wait_for_left(count + 1);
    }
}
