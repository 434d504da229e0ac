//! A request takes no longer than it may, whatever the server does.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{ask, both, error};

#[test]
fn the_time_is_over_whatever_is_missing() {
    let (server, host) = both();
    for (count, path) in ["/hang", "/drip"].into_iter().enumerate() {
        let began = Instant::now();
        let came = ask(&host, json!({"url": server.url(path), "timeoutMs": 300}));
        let took = began.elapsed();
        assert_eq!(error(&came), "fetch.timed_out", "{path}");
        assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(20), "{path}: {took:?}");
        // The server sees that nobody waits any more.
        server.wait_for_left(count + 1);
    }
}

#[test]
fn redirects_share_the_time() {
    let (server, host) = both();
    let url = server.url(&format!("/redirect/302?to={}", server.url("/hang")));
    assert_eq!(error(&ask(&host, json!({"url": url, "timeoutMs": 300}))), "fetch.timed_out");
    server.wait_for_left(1);
}

#[test]
fn nobody_who_takes_a_connection_keeps_it_longer() {
    // Connections wait in its backlog; nobody ever reads or greets.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = mute.local_addr().unwrap();
    let host = crate::host(&[&address.to_string()]);
    for scheme in ["http", "https"] {
        let came = ask(&host, json!({"url": format!("{scheme}://{address}/"), "timeoutMs": 300}));
        assert_eq!(error(&came), "fetch.timed_out", "{scheme}");
    }
}
