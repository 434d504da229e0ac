//! What is asked arrives, and so does the answer.

use serde_json::{Value, json};
use support::Driver;

use crate::{ask, both, error, fetcher, get};

#[test]
fn methods_headers_and_bodies_arrive_both_ways() {
    let (server, host) = both();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let body = if method == "GET" { "" } else { "a body, ü" };
        let headers = [["X-One", "1"], ["x-two", "a"], ["x-two", "b"], ["authorization", "Bearer t"]];
        let url = server.url("/echo/ü?q=a b#part");
        let came = ask(&host, json!({"method": method, "url": url, "headers": headers, "body": body}));
        assert_eq!(came["status"], 200, "{came}");
        assert_eq!(came["url"], server.url("/echo/%C3%BC?q=a%20b"));
        let asked = server.asked().pop().unwrap();
        assert_eq!((asked.method.as_str(), asked.target.as_str()), (method, "/echo/%C3%BC?q=a%20b"));
        assert_eq!(asked.body, body);
        assert_eq!(asked.header("x-one"), ["1"]);
        assert_eq!(asked.header("x-two"), ["a", "b"]);
        assert_eq!(asked.header("authorization"), ["Bearer t"]);
        assert_eq!(asked.header("host"), [server.address()]);
        let echoed: Value = serde_json::from_str(came["body"].as_str().unwrap()).unwrap();
        assert_eq!(echoed["body"], body);
    }
    let came = ask(&host, json!({"method": "HEAD", "url": server.url("/echo")}));
    assert_eq!((&came["status"], &came["bodyBytes"]), (&json!(200), &json!(0)), "{came}");
}

#[test]
fn what_is_not_said_is_added_and_what_is_said_stays() {
    let (server, host) = both();
    get(&host, &server.url("/echo"));
    let asked = server.asked().pop().unwrap();
    assert_eq!(asked.header("accept"), ["*/*"]);
    assert!(asked.header("user-agent")[0].starts_with("rivet-host/"), "{asked:?}");
    assert!(asked.header("accept-encoding").is_empty() && asked.header("cookie").is_empty(), "{asked:?}");
    let headers = [["Accept", "text/plain"], ["User-Agent", "mine"]];
    ask(&host, json!({"url": server.url("/echo"), "headers": headers}));
    let asked = server.asked().pop().unwrap();
    assert_eq!((asked.header("accept"), asked.header("user-agent")), (vec!["text/plain"], vec!["mine"]));
}

#[test]
fn answers_come_as_they_are() {
    let (server, host) = both();
    for status in [200, 201, 204, 304, 404, 500, 599] {
        assert_eq!(get(&host, &server.url(&format!("/status/{status}")))["status"], status);
    }
    let came = get(&host, &server.url("/headers"));
    let headers = came["headers"].as_array().unwrap();
    let named = |name: &str| -> Vec<&Value> {
        headers.iter().filter(|header| header[0] == name).map(|header| &header[1]).collect()
    };
    assert_eq!(named("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(named("x-raw"), ["\u{fffd}"], "bytes that are no text");
    // What says that it is compressed is not looked into.
    assert_eq!(get(&host, &server.url("/raw"))["bodyBytes"], 4);
}

#[test]
fn requests_that_cannot_be_made_are_refused_at_once() {
    let (server, host) = both();
    let url = server.url("/echo");
    for bad in ["", "/echo", "127.0.0.1", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://"] {
        assert_eq!(error(&get(&host, bad)), "fetch.invalid_url", "{bad}");
    }
    for method in ["", "A B", "CONNECT", "TRACE"] {
        assert_eq!(error(&ask(&host, json!({"url": url, "method": method}))), "fetch.invalid_request");
    }
    for name in ["", "a b", "host", "Content-Length", "transfer-encoding", "connection"] {
        let came = ask(&host, json!({"url": url, "headers": [[name, "1"]]}));
        assert_eq!(error(&came), "fetch.invalid_request", "{name}");
    }
    let split = ask(&host, json!({"url": url, "headers": [["a", "1\r\nb: 2"]]}));
    assert_eq!(error(&split), "fetch.invalid_request");
    assert_eq!(server.connections(), 0);
}

#[test]
fn servers_that_speak_no_http_are_errors() {
    let (server, host) = both();
    for path in ["/garbage", "/short"] {
        assert_eq!(error(&get(&host, &server.url(path))), "fetch.failed", "{path}");
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let host = crate::host(&["127.0.0.1"]);
    let came = get(&host, &format!("http://{nobody}/"));
    assert_eq!(error(&came), "fetch.failed");
    assert!(came["message"].as_str().unwrap().contains(&nobody.to_string()), "{came}");
}

#[test]
fn clients_get_what_an_action_hands_on() {
    let (server, host) = both();
    for driver in Driver::start_all(host.url()) {
        let actor = json!({"actor": "fetcher", "by": "getOrCreate", "key": [driver.client().to_string()]});
        let bytes = driver.output(&actor, "handOn", json!([server.url("/bytes/3")]));
        // The crate shows how JSON writes them.
        let written = json!(["$Uint8Array", "eHh4"]);
        let is_whole = bytes == json!({ "$bytes": [120, 120, 120] }) || bytes == written;
        assert!(is_whole, "{}: {bytes}", driver.client());
        let denied = driver.call(&actor, "handOn", json!(["http://a.example/"])).unwrap_err();
        assert_eq!(denied.path, "fetch.denied", "{}", driver.client());
        assert!(!denied.message.contains("--allow-net"), "the words are for the log: {}", denied.message);
    }
    assert_eq!(fetcher(&host).call("handOn", json!(["http://a.example/"])).error(), "fetch.denied");
    host.output().wait_for(&["fetch.denied", "--allow-net a.example:80"]);
}
