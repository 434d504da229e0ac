//! Values of every kind, by way of an action over a connection and of parameters.

use serde_json::{Value, json};

use crate::{get_or_create, with_every_client};

#[test]
fn values_pass_through_a_connection() {
    with_every_client(|_, driver| {
        let client = driver.client();
        let connection = driver.connect(&get_or_create(driver, "echo", "over a connection"), Value::Null);
        let mut values = vec![
            json!(null),
            json!([]),
            json!({ "a": { "b": [true, false, null] } }),
            json!(0.5),
            json!(-1),
            json!("é 🦀 \u{0}"),
        ];
        // As over HTTP, the others do not escape in every encoding.
        if client.version == "2.3.19" {
            values.push(json!(["$looks like a tag", 1]));
        }
        if client.version != "rust" {
            values.extend([json!({ "$bigint": "12345678901234567890" }), json!({ "$bytes": [0, 255] })]);
            values.extend([json!(4_294_967_296_u64), json!(9_007_199_254_740_991_u64)]);
        }
        for value in values {
            assert_eq!(connection.output("echo", json!([value])), value, "{client}");
        }
    });
}
