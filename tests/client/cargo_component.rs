//! The example builds with cargo-component, too, and the result is the same actor.

use std::process::Command;

use serde_json::json;
use support::{Host, root};

#[test]
fn a_counter_built_by_cargo_component_counts() {
    let target = root().join("guest-examples/target/cargo-component");
    let mut cargo = Command::new("cargo");
    cargo.args(["component", "build", "--release"]).env("CARGO_TARGET_DIR", &target);
    let built = cargo.current_dir(root().join("guest-examples/counter")).output().unwrap();
    let errors = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "cargo-component 0.21.1 (tests/all.sh installs it) failed:\n{errors}");
    let component = target.join("wasm32-wasip1/release/counter.wasm");
    let host = Host::start([component]);
    let counter = host.actor("counter", "a");
    assert_eq!(counter.output("increment", json!([2])), 2);
    assert_eq!(counter.output("increment", json!([])), 3);
}
