//! Raw HTTP by the clients' `fetch`.

use serde_json::json;

use crate::{get_or_create, with_every_client};

#[test]
fn requests_arrive_whole() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let echo = get_or_create(driver, "raw-echo", "requests");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let mut request = json!({
                "path": "/a/b%20c?d=e&f", "method": method, "headers": { "x-custom": "Value", "content-type": "a/b" },
            });
            if method != "GET" {
                request["text"] = "héllo".into();
            }
            let answer = driver.fetch(&echo, request);
            assert_eq!(answer.status, 200, "{client}: {method}: {answer:?}");
            assert!(answer.echoed, "{client}: {method}: {answer:?}");
            assert_eq!(answer.headers["x-echo-method"], method, "{client}");
            assert_eq!(answer.headers["x-echo-path"], "/a/b%20c?d=e&f", "{client}");
            assert_eq!(answer.headers["content-type"], "a/b", "{client}");
            let seen: serde_json::Value =
                serde_json::from_str(answer.headers["x-echo-headers"].as_str().unwrap()).unwrap();
            assert_eq!(seen["x-custom"], "Value", "{client}: {seen}");
        }
    });
}

#[test]
fn an_actor_without_a_handler_answers_404() {
    with_every_client(|_, driver| {
        let counter = get_or_create(driver, "counter", "no handler");
        for request in [
            json!({ "path": "/x", "method": "GET" }),
            json!({ "path": "/x", "method": "POST", "text": "body" }),
            json!({ "path": "/x", "method": "PUT", "mib": 1 }),
        ] {
            let answer = driver.fetch(&counter, request);
            assert_eq!((answer.status, answer.text.as_str()), (404, ""), "{}", driver.client());
        }
    });
}

#[test]
fn long_bodies_come_back() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let echo = get_or_create(driver, "raw-echo", "long bodies");
        for (mib, streamed) in [(1, false), (1, true), (15, true)] {
            let request = json!({ "path": "/", "method": "POST", "mib": mib, "streamed": streamed });
            let answer = driver.fetch(&echo, request);
            assert_eq!(answer.status, 200, "{client}");
            assert!(answer.echoed, "{client}: {mib} MiB came back as something else");
        }
    });
}
