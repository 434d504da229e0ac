//! Redirects: followed as browsers do, counted, and each held against what is allowed.

use serde_json::json;

use crate::server::Server;
use crate::{ask, both, error, get, host};

#[test]
fn redirects_are_followed_and_counted() {
    let (server, host) = both();
    let came = get(&host, &server.url("/hops/3"));
    assert_eq!((&came["status"], &came["body"]), (&json!(200), &json!("arrived")), "{came}");
    assert_eq!(came["url"], server.url("/hops/0"));
    assert_eq!(server.asked().len(), 4);
    assert_eq!(get(&host, &server.url("/hops/20"))["status"], 200);
    assert_eq!(error(&get(&host, &server.url("/hops/21"))), "fetch.too_many_redirects");
    let limited = |hops: u32, redirects: u32| {
        ask(&host, json!({"url": server.url(&format!("/hops/{hops}")), "redirects": redirects}))
    };
    assert_eq!(limited(2, 2)["status"], 200);
    assert_eq!(error(&limited(3, 2)), "fetch.too_many_redirects");
    // Nobody gets more than that by asking.
    assert_eq!(error(&limited(21, 1000)), "fetch.too_many_redirects");
    let came = limited(1, 0);
    assert_eq!(came["status"], 302, "the redirect is the answer: {came}");
}

#[test]
fn a_redirect_to_what_is_not_allowed_is_refused() {
    let (one, two) = (Server::start(), Server::start());
    let host = host(&[&one.address(), "*:1"]);
    let cases = [
        (two.url("/echo"), "fetch.denied"),
        (one.local_url("/echo"), "fetch.denied"),
        ("http://localhost:1/".to_owned(), "fetch.private_address"),
        ("http://2130706433:1/".to_owned(), "fetch.private_address"),
        ("file:///etc/passwd".to_owned(), "fetch.invalid_url"),
        (format!("http://user:pass@{}/echo", one.address()), "fetch.invalid_url"),
        ("http://".to_owned(), "fetch.invalid_url"),
    ];
    for (to, code) in cases {
        assert_eq!(error(&get(&host, &one.url(&format!("/redirect/302?to={to}")))), code, "{to}");
    }
    assert_eq!(two.connections(), 0);
    assert!(one.asked().iter().all(|asked| asked.target.starts_with("/redirect")));
}

#[test]
fn methods_change_as_in_browsers() {
    let (server, host) = both();
    for (method, status, becomes) in [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("PUT", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 302, "PUT"),
        ("HEAD", 303, "HEAD"),
    ] {
        let url = server.url(&format!("/redirect/{status}?to=/echo"));
        let body = if method == "HEAD" { "" } else { "body" };
        let headers = [["content-type", "text/plain"], ["x-own", "1"]];
        let came = ask(&host, json!({"method": method, "url": url, "headers": headers, "body": body}));
        assert_eq!(came["status"], 200, "{came}");
        let asked = server.asked().pop().unwrap();
        let keeps = method == becomes;
        assert_eq!(asked.method, becomes, "{method} after {status}");
        assert_eq!(asked.body, if keeps { body } else { "" }, "{method} after {status}");
        assert_eq!(asked.header("content-type").len(), usize::from(keeps), "{method} after {status}");
        assert_eq!(asked.header("x-own"), ["1"]);
    }
}

#[test]
fn credentials_stay_with_their_origin() {
    let (one, two) = (Server::start(), Server::start());
    let host = host(&["127.0.0.1"]);
    let headers =
        [["authorization", "Bearer t"], ["cookie", "a=1"], ["proxy-authorization", "x"], ["x-own", "1"]];
    let secret = ["authorization", "cookie", "proxy-authorization"];
    for (to, keeps) in [(one.url("/echo"), true), (two.url("/echo"), false)] {
        let url = one.url(&format!("/redirect/307?to={to}"));
        assert_eq!(ask(&host, json!({"url": url, "headers": headers}))["status"], 200);
        let asked = if keeps { one.asked().pop() } else { two.asked().pop() }.unwrap();
        for name in secret {
            assert_eq!(asked.header(name).len(), usize::from(keeps), "{name} to {to}");
        }
        assert_eq!(asked.header("x-own"), ["1"]);
    }
    // What was dropped on the way does not come back with the first origin.
    let back = two.url(&format!("/redirect/307?to={}", one.url("/echo")));
    ask(&host, json!({"url": one.url(&format!("/redirect/307?to={back}")), "headers": headers}));
    assert!(one.asked().pop().unwrap().header("authorization").is_empty());
}
