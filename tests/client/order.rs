//! The example `order`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{HostOptions, example};

use crate::with_each_client_of;

#[test]
fn an_order_is_charged_approved_and_shipped() {
    with_each_client_of(HostOptions::new([example("order")]), |_, driver| {
        let order = |key: &str, amount: f64| {
            let input = json!({ "item": "book", "amount": amount });
            json!({ "actor": "order", "by": "getOrCreate", "key": [format!("{key} {}", driver.client())], "input": input })
        };
        let phase_is = |order: &Value, phase: &str| {
            let until = Instant::now() + Duration::from_secs(60);
            loop {
                let status = driver.output(order, "status", json!([]));
                if status["phase"] == phase {
                    return status;
                }
                assert!(Instant::now() < until, "{}: {status}", driver.client());
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        let (cheap, dear) = (order("cheap", 20.0), order("dear", 1_000.5));
        assert_eq!(
            phase_is(&cheap, "waiting"),
            json!({ "phase": "waiting", "charge_attempts": 3, "released": false })
        );
        assert_eq!(
            phase_is(&dear, "failed"),
            json!({ "phase": "failed", "charge_attempts": 1, "released": true })
        );
        driver.publish(&cheap, "approve", json!(true)).unwrap();
        assert_eq!(phase_is(&cheap, "shipped")["charge_attempts"], 3);
    });
}
