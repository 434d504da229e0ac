//! New actors start on the newest version; others move to it at their next cold start.

use serde_json::json;
use support::{Host, example};

use crate::{another_build, upload};

/// How many times an instance of the counter was called: 1 right after a cold start.
fn hits(host: &Host, key: &str) -> u64 {
    host.actor("counter", key).output("hits", json!([])).as_u64().unwrap()
}

#[test]
fn a_new_version_leaves_running_actors_alone() {
    let mut host = Host::start([example("counter")]);
    host.actor("counter", "old").output("increment", json!([5]));
    let before = hits(&host, "old");

    let newer = another_build(std::fs::read(example("counter")).unwrap(), 1);
    let deployed = upload(&host, "counter", &newer);
    assert_eq!(deployed.status, 200, "{}", deployed.text());
    assert_eq!(hits(&host, "old"), before + 1, "the running instance was not restarted");

    host.kill();
    host.restart();
    assert_eq!(
        host.actor("counter", "old").output("get", json!([])),
        5,
        "the state moved to the new version"
    );
}

#[test]
fn a_trap_after_an_upload_starts_the_new_version() {
    let host = Host::start([example("counter")]);
    host.actor("counter", "old").output("increment", json!([5]));
    let newer = another_build(std::fs::read(example("counter")).unwrap(), 1);
    let version = upload(&host, "counter", &newer).json()["version"].clone();
    for _ in 0..2 {
        host.actor("counter", "old").call("crash", json!([]));
    }
    // The second trap happened on the new version, and its report says so.
    host.output().wait_for(&[&format!("counter@{version}")]);
    assert_eq!(host.actor("counter", "old").output("get", json!([])), 5);
}
