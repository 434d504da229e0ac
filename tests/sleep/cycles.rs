//! A thousand times asleep and awake again: nothing is lost, and nothing grows.

use serde_json::json;
use support::{Host, example};

use crate::{id, sleep};

const CYCLES: u64 = 1_000;
const SOME: u64 = 100;

#[test]
fn a_thousand_sleeps_of_one_actor() {
    let host = Host::start([example("counter")]);
    let counter = host.actor("counter", "a");
    counter.output("increment", json!([]));
    let id = id(&host, "counter", "a");
    let written = || host.metric("rivet_snapshot_bytes_total");
    let (mut bytes, mut resident) = (Vec::new(), Vec::new());
    for cycle in 1..=CYCLES {
        let before = written();
        sleep(&host, &id);
        if cycle % SOME == 0 {
            bytes.push(written() - before);
            resident.push(host.resident_bytes());
        }
        assert_eq!(counter.output("hits", json!([])), cycle + 1, "after {cycle} sleeps");
    }
    assert_eq!(host.metric("rivet_actor_starts_total{origin=\"snapshot\"}"), CYCLES);
    let (first, last) = (bytes[0], bytes[bytes.len() - 1]);
    // A larger number takes a byte more here and there.
    assert!(last <= first + first / 20, "snapshots grew from {first} to {last} bytes: {bytes:?}");
    let grown_mib = (resident[resident.len() - 1] - resident[0]) / f64::from(1 << 20);
    // The store keeps some MiB of what is not folded yet.
    assert!(grown_mib < 24.0, "the host grew by {grown_mib:.1} MiB");
}
