//! `rivet-host deploy`: an upload from the command line.

use serde_json::json;
use support::{Host, HostOptions, component, example};

use crate::{printed, rivet_host};

#[test]
fn a_component_is_deployed() {
    let host = Host::start([example("counter")]);
    let guest = component("huge-reply");
    let output = rivet_host(&["deploy", guest.to_str().unwrap(), "--url", host.url(), "--name", "mine"]);
    assert!(output.status.success(), "{}", printed(&output));
    assert!(printed(&output).contains("mine"), "{}", printed(&output));
    assert_eq!(host.actor("huge-reply", "a").output("small", json!([])), true);
    assert_eq!(host.http().get("/components/mine").status, 200);
}

/// Cargo writes the package kv-store to the file kv_store.wasm.
#[test]
fn a_package_and_its_file_are_one_component() {
    let host = Host::start([example("kv-store")]);
    let package = support::root().join("guest-examples/kv-store");
    for component in [example("kv-store"), package] {
        let output = rivet_host(&["deploy", component.to_str().unwrap(), "--url", host.url()]);
        assert!(output.status.success(), "{}", printed(&output));
        assert!(printed(&output).contains("kv-store@"), "{}", printed(&output));
    }
    let listed = host.http().get("/components").json();
    assert_eq!(listed["components"].as_array().unwrap().len(), 1, "{listed}");
}

#[test]
fn a_refusal_is_shown_whole() {
    let host = Host::start([example("counter")]);
    let guest = component("unoffered-import");
    let output = rivet_host(&["deploy", guest.to_str().unwrap(), "--url", host.url(), "--name", "mine"]);
    assert!(!output.status.success());
    let shown = printed(&output);
    assert!(shown.contains("test:unoffered/teleport") && shown.contains("host offers"), "{shown}");
}

#[test]
fn a_host_that_is_not_there_is_explained() {
    // A port that was free a moment ago; nothing listens on it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let output = rivet_host(&["deploy", component("huge-reply").to_str().unwrap(), "--url", &url]);
    assert!(!output.status.success());
    assert!(printed(&output).contains(&url), "{}", printed(&output));
}

#[test]
fn beyond_loopback_a_token_is_needed() {
    let host = HostOptions::new([example("counter")])
        .host("0.0.0.0")
        .args(["--management-token", "open sesame"])
        .start();
    let url = host.url().replace("0.0.0.0", "127.0.0.1");
    let guest = component("huge-reply");
    let args = ["deploy", guest.to_str().unwrap(), "--url", &url, "--name", "mine"];
    let refused = rivet_host(&args);
    assert!(!refused.status.success());
    assert!(printed(&refused).contains("token"), "{}", printed(&refused));
    let http = support::Http::new(&url);
    let listed = http.get("/components");
    assert_eq!((listed.status, listed.error().as_str()), (401, "api.unauthorized"));

    let accepted = rivet_host(&[args.as_slice(), &["--token", "open sesame"]].concat());
    assert!(accepted.status.success(), "{}", printed(&accepted));
}
