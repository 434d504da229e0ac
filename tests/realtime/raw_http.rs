//! Raw HTTP as any client may send it (client-protocol.md section 5).

use support::{Answer, Host};

use crate::host;

fn send(host: &Host, method: &str, place: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let path = host.actor("raw-echo", "a").place(place);
    host.http().send(method, &path, headers, body).unwrap()
}

#[test]
fn every_method_and_path_arrives() {
    let host = host();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] {
        let answer = send(&host, method, "/request/a%20b/c?d=e%2Ff&g", &[], b"");
        assert_eq!(answer.status, 200, "{method}: {answer:?}");
        assert_eq!(answer.header("x-echo-method"), Some(method));
        assert_eq!(answer.header("x-echo-path"), Some("/a%20b/c?d=e%2Ff&g"), "{method}");
    }
    for (place, path) in
        [("/request", "/"), ("/request?x", "/?x"), ("/request/", "/"), ("/request/?x=1", "/?x=1")]
    {
        assert_eq!(send(&host, "GET", place, &[], b"").header("x-echo-path"), Some(path), "{place}");
    }
}

#[test]
fn headers_arrive_and_come_back() {
    let host = host();
    let headers = [
        ("X-Custom", "Value"),
        ("content-type", "text/x-test; charset=utf-8"),
        ("x-rivet-conn-params", r#"{"a":1}"#),
        ("cookie", "a=b"),
    ];
    let answer = send(&host, "POST", "/request/", &headers, b"body");
    assert_eq!(answer.text(), "body");
    assert_eq!(answer.header("content-type"), Some("text/x-test; charset=utf-8"));
    assert!(answer.header("x-rivet-actor").is_some() && answer.header("x-rivet-ray-id").is_some());
    let seen: serde_json::Value = serde_json::from_str(answer.header("x-echo-headers").unwrap()).unwrap();
    for (name, value) in headers {
        assert_eq!(seen[name.to_lowercase()], value);
    }
    assert!(seen["host"].is_string(), "{seen}");
}

#[test]
fn an_actor_without_a_handler_is_not_found() {
    let host = host();
    for (method, body) in [("GET", vec![]), ("POST", b"body".to_vec()), ("PUT", vec![7; 1 << 20])] {
        let path = host.actor("deaf", "a").place("/request/x");
        let answer = host.http().send(method, &path, &[], &body).unwrap();
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{method}: {answer:?}");
    }
}

#[test]
fn a_missing_actor_is_named() {
    let host = host();
    let path = "/gateway/raw-echo/request/x?rvt-namespace=default&rvt-method=get&rvt-key=nobody";
    let answer = host.http().get(path);
    assert_eq!((answer.status, answer.error().as_str()), (404, "actor.not_found"));
}

#[test]
fn a_preflight_does_not_reach_the_actor() {
    let host = host();
    let answer = send(&host, "OPTIONS", "/request/x", &[("origin", "http://app.example")], b"");
    assert_eq!((answer.status, answer.header("x-echo-method")), (204, None));
    let listed = host.http().get("/actors?namespace=default&name=raw-echo&key=a").json();
    assert_eq!(listed["actors"], serde_json::json!([]), "a preflight created the actor");
}
