//! `--durability`: every setting keeps what was acknowledged over a graceful end.

use serde_json::json;
use support::{HostOptions, example};

#[test]
fn every_setting_keeps_data_over_a_graceful_end() {
    for durability in ["sync", "interval:50", "none"] {
        let mut host = HostOptions::new([example("counter")]).args(["--durability", durability]).start();
        for count in 1..=10 {
            assert_eq!(host.actor("counter", "a").output("increment", json!([1])), count);
        }
        host.terminate();
        assert!(host.wait().success());
        host.restart();
        assert_eq!(host.actor("counter", "a").output("get", json!([])), 10, "{durability}");
    }
}
