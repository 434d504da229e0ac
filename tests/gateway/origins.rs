//! With `--cors-origin` pages of other origins do nothing: not even what their browsers ask nobody about.

use serde_json::json;
use support::{HostOptions, example, host_binary};

/// What browsers send at once, and show the answer or not: a text (the "simple requests" of the Fetch standard).
const SIMPLE: (&str, &str) = ("content-type", "text/plain");

#[test]
fn a_page_that_is_not_listed_changes_nothing() {
    let options = HostOptions::new([example("counter")]).args(["--cors-origin", "https://app.example:443"]);
    let host = options.start_deployed();
    let increment = host.actor("counter", "a").path("increment");
    let metadata = "/metadata?namespace=default";
    let new_actor = br#"{"name":"counter","key":"b"}"#;
    let actors = "/actors?namespace=default";
    for (method, path, body) in [
        ("POST", increment.as_str(), &br#"{"args":[1]}"#[..]),
        ("OPTIONS", &increment, b""),
        ("POST", actors, new_actor),
        ("OPTIONS", actors, b""),
        ("GET", metadata, b""),
        ("GET", "/components", b""),
    ] {
        let evil = [SIMPLE, ("origin", "http://evil.example")];
        let refused = host.http().send(method, path, &evil, body).unwrap();
        assert_eq!(refused.status, 403, "{method} {path}: {refused:?}");
        assert_eq!(refused.error(), "guard.origin_not_allowed");
        assert_eq!(refused.header("access-control-allow-origin"), None);
    }
    let listed = host.http().get("/actors?namespace=default&name=counter").json();
    assert_eq!(listed["actors"], json!([]), "nothing was made");
    // As browsers write it, without the port.
    let page = [SIMPLE, ("origin", "https://app.example")];
    let answer = host.http().send("POST", &increment, &page, br#"{"args":[1]}"#).unwrap();
    assert_eq!((answer.status, &answer.json()["output"]), (200, &json!(1)), "{answer:?}");
}

#[test]
fn an_empty_variable_lists_nothing() {
    let printed = |args: &[&str]| {
        let mut command = std::process::Command::new(host_binary());
        let output = command.args(args).env("RIVET_HOST_CORS_ORIGIN", "").output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let past_the_arguments = printed(&["run", "no-such-file.wasm"]);
    assert!(past_the_arguments.contains("no-such-file.wasm"), "{past_the_arguments}");
    let wrong = printed(&["run", "no-such-file.wasm", "--cors-origin", "app.example"]);
    assert!(wrong.contains("is no origin"), "{wrong}");
}
