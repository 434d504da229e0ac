//! Bodies are as large as they may be, and no larger.

use serde_json::json;

use crate::{ask, both, error, get};

const MIB: usize = 1 << 20;

#[test]
fn a_body_may_be_as_large_as_is_asked_for() {
    let (server, host) = both();
    for path in ["bytes", "chunked"] {
        let limited = |len_bytes: usize, most: u64| {
            let url = server.url(&format!("/{path}/{len_bytes}"));
            ask(&host, json!({"url": url, "maxBodyBytes": most}))
        };
        assert_eq!(limited(10_000, 10_000)["bodyBytes"], 10_000, "{path}");
        assert_eq!(error(&limited(10_001, 10_000)), "fetch.body_too_large", "{path}");
        assert_eq!(limited(0, 0)["bodyBytes"], 0, "{path}");
        assert_eq!(error(&limited(1, 0)), "fetch.body_too_large", "{path}");
    }
}

#[test]
fn no_body_is_larger_than_the_host_allows() {
    let (server, host) = both();
    for path in ["bytes", "chunked"] {
        let came = get(&host, &server.url(&format!("/{path}/{}", 20 * MIB)));
        assert_eq!(came["bodyBytes"], 20 * MIB, "{path}");
        let url = server.url(&format!("/{path}/{}", 20 * MIB + 1));
        let came = ask(&host, json!({"url": url, "maxBodyBytes": 1000 * MIB}));
        assert_eq!(error(&came), "fetch.body_too_large", "{path}");
    }
}

#[test]
fn a_redirect_may_have_whatever_body() {
    let (server, host) = both();
    let came = ask(&host, json!({"url": server.url("/redirect/302?to=/status/200"), "maxBodyBytes": 11}));
    assert_eq!(came["status"], 200, "{came}");
}
