//! Components that cannot be served: refused at the upload, with a reason, while actors run.

use serde_json::json;
use support::{Host, component, example};

/// Uploads bytes that must be refused; gives the error's path and message.
fn refused(bytes: &[u8]) -> (String, String) {
    let host = Host::start([example("counter")]);
    let counter = host.actor("counter", "bystander");
    assert_eq!(counter.output("increment", json!([])), 1);
    let answer = host.http().put("/components/hostile", bytes);
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert_eq!(counter.output("get", json!([])), 1);
    assert_eq!(host.http().get("/components/hostile").status, 404, "a refused component is not there");
    (answer.error(), answer.json()["message"].as_str().unwrap().to_owned())
}

fn refused_guest(name: &str) -> (String, String) {
    refused(&std::fs::read(component(name)).unwrap())
}

#[test]
fn an_import_that_is_not_offered_is_refused() {
    let (path, message) = refused_guest("unoffered-import");
    assert_eq!(path, "component.import_refused");
    assert!(message.contains("wants") && message.contains("host offers"), "no table:\n{message}");
    assert!(message.contains("test:unoffered/teleport"), "the import is not named:\n{message}");
}

#[test]
fn a_component_that_traps_when_asked_is_refused() {
    let (path, message) = refused_guest("describe-trap");
    assert_eq!(path, "component.invalid_manifest");
    assert!(message.contains("describe"), "{message}");
}

#[test]
fn a_manifest_that_is_no_json_is_refused() {
    let (path, message) = refused_guest("bad-manifest");
    assert_eq!(path, "component.invalid_manifest");
    assert!(message.contains("manifest"), "{message}");
}

#[test]
fn what_is_no_component_is_refused() {
    let core_module = b"\0asm\x01\0\0\0";
    let cases = [
        (b"not wasm at all".as_slice(), "send the bytes of a component (a .wasm file)"),
        (b"", "send the bytes of a component (a .wasm file)"),
        (core_module, "build it with `--target wasm32-wasip2`"),
    ];
    for (bytes, advice) in cases {
        let (path, message) = refused(bytes);
        assert_eq!(path, "component.invalid");
        assert!(message.contains(advice), "{advice:?} is not said:\n{message}");
    }
}

#[test]
fn half_a_component_is_refused() {
    let whole = std::fs::read(example("counter")).unwrap();
    let (path, _) = refused(&whole[..whole.len() / 2]);
    assert_eq!(path, "component.invalid");
}
