//! What pages of other origins may do (client-protocol.md section 4, CORS).

use support::{Answer, Host, HostOptions, WebSocket, example};

use crate::host;

const ORIGIN: (&str, &str) = ("origin", "http://app.example");

fn send(host: &Host, method: &str, path: &str) -> Answer {
    let asked = [
        ORIGIN,
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-rivet-encoding"),
    ];
    host.http().send(method, path, &asked, br#"{"args":["unlucky","no luck today"]}"#).unwrap()
}

#[track_caller]
fn assert_header(answer: &Answer, name: &str, value: &str) {
    assert_eq!(answer.header(name), Some(value), "{name} of {answer:?}");
}

#[test]
fn a_gateway_preflight_needs_no_actor() {
    let host = host();
    for path in ["/gateway/nobody/action/get", "/api/rivet/gateway/nobody/request/x"] {
        let answer = send(&host, "OPTIONS", path);
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        assert_header(&answer, "access-control-allow-origin", ORIGIN.1);
        assert_header(&answer, "access-control-allow-credentials", "true");
        assert_header(&answer, "access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS, PATCH");
        assert_header(&answer, "access-control-allow-headers", "x-rivet-encoding");
        assert_header(&answer, "access-control-expose-headers", "*");
        assert_header(&answer, "access-control-max-age", "86400");
        assert_header(&answer, "vary", "Origin");
    }
    let anybody = host.http().send("OPTIONS", "/gateway/nobody/action/get", &[], b"").unwrap();
    assert_header(&anybody, "access-control-allow-origin", "*");
}

#[test]
fn a_manager_preflight_echoes_what_was_asked() {
    let answer = send(&host(), "OPTIONS", "/actors");
    assert_eq!(answer.status, 200);
    assert_header(&answer, "access-control-allow-origin", ORIGIN.1);
    assert_header(&answer, "access-control-allow-credentials", "true");
    assert_header(&answer, "access-control-allow-methods", "POST");
    assert_header(&answer, "access-control-allow-headers", "x-rivet-encoding");
    let asked = "origin, access-control-request-method, access-control-request-headers";
    assert_header(&answer, "vary", asked);
}

/// A page can read what went wrong, too.
#[test]
fn errors_may_be_read() {
    let host = host();
    let get = host.actor("counter", "a").path("get");
    let fail = host.actor("counter", "a").path("fail");
    let cases = [
        ("POST", "/gateway/nobody/action/get", 404),
        ("POST", get.as_str(), 200),
        ("POST", fail.as_str(), 500),
        ("GET", "/actors", 400),
        ("GET", "/no-such-place", 404),
        ("GET", "/metadata", 200),
    ];
    for (method, path, status) in cases {
        let answer = send(&host, method, path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_header(&answer, "access-control-allow-origin", ORIGIN.1);
        assert_header(&answer, "access-control-allow-credentials", "true");
    }
}

/// A page in a browser must not deploy code on the machine that it is read on.
#[test]
fn management_is_closed_to_pages() {
    let host = host();
    for method in ["OPTIONS", "GET"] {
        let answer = send(&host, method, "/components");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{method}: {answer:?}");
    }
}

/// With `--cors-origin` pages of these origins alone may use the host; programs may as before.
#[test]
fn listed_origins_alone_may_come() {
    let options = HostOptions::new([example("counter")]).args(["--cors-origin", ORIGIN.1]);
    let host = options.args(["--cors-origin", "http://other.example:8080"]).start();
    let get = host.actor("counter", "a").path("get");
    let body = br#"{"args":[]}"#;
    for (origin, allowed) in [
        (ORIGIN.1, true),
        ("http://other.example:8080", true),
        ("http://other.example", false),
        ("null", false),
    ] {
        for (method, path) in
            [("OPTIONS", get.as_str()), ("POST", &get), ("OPTIONS", "/actors"), ("GET", "/metadata")]
        {
            let answer = host.http().send(method, path, &[("origin", origin)], body).unwrap();
            let expected = allowed.then_some(origin);
            assert_eq!(answer.header("access-control-allow-origin"), expected, "{method} {path}: {answer:?}");
        }
        // A page opens a WebSocket without a preflight: the host has to refuse by itself.
        let connect = host.actor("counter", "a").place("/connect");
        let upgrade = WebSocket::try_open(host.url(), &connect, &["rivet"], &[("origin", origin)]);
        assert_eq!(upgrade.is_ok(), allowed, "{origin}");
    }
    assert_eq!(host.actor("counter", "a").output("get", serde_json::json!([])), 0);
}
