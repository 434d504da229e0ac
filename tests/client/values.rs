//! Values pass through the host untouched, and through a store that decodes them.

use serde_json::{Value, json};
use support::{Client, Driver};

use crate::{get_or_create, with_every_client};

/// Sends a value to an actor that gives its bytes back.
fn echo(driver: &Driver, value: &Value) -> Value {
    let echo = get_or_create(driver, "echo", "values");
    driver.output(&echo, "echo", json!([value]))
}

/// Puts a value and gives what comes back.
fn store(driver: &Driver, key: &str, value: &Value) -> Value {
    let store = get_or_create(driver, "kv-store", "values");
    driver.output(&store, "put", json!([key, value]));
    driver.output(&store, "get", json!([key]))
}

#[test]
fn json_values_round_trip() {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(23),
        json!(24),
        json!(1.5),
        json!(-0.001),
        json!(1e100),
        json!(2_147_483_647),
        json!(2_147_483_648_u64),
        json!(4_294_967_295_u64),
        json!(4_294_967_296_u64),
        json!(-4_294_967_297_i64),
        json!(9_007_199_254_740_991_u64),
        json!(-9_007_199_254_740_991_i64),
        json!(""),
        json!("日本語 🦀 é\u{0} \u{1} \" \\ \u{2028}"),
        json!([]),
        json!({}),
        json!([[], [[1, [2, { "three": [null] }]]]]),
        json!({ "": 1, "a.b": { "c": [{}, []] }, "日本": "語", "toString": 1 }),
    ];
    with_every_client(|_, driver| {
        for (number, value) in values.iter().enumerate() {
            assert_eq!(&echo(driver, value), value, "{}: echo", driver.client());
            assert_eq!(&store(driver, &number.to_string(), value), value, "{}: kv-store", driver.client());
        }
    });
}

#[test]
fn arrays_that_look_like_tags_round_trip() {
    let values = [json!(["$x", 1]), json!(["$$BigInt", "1"]), json!(["$", null]), json!([["$Set", "x", 1]])];
    with_every_client(|_, driver| {
        // The crate escapes nothing itself, and 2.2.1 escapes in JSON only.
        if driver.client().version != "2.3.19" {
            return;
        }
        for (number, value) in values.iter().enumerate() {
            let Client { encoding, .. } = driver.client();
            assert_eq!(&echo(driver, value), value, "{encoding}: echo");
            assert_eq!(&store(driver, &format!("t{number}"), value), value, "{encoding}: kv-store");
        }
    });
}

#[test]
fn values_beyond_json_round_trip() {
    let values = [
        json!({ "$bigint": "0" }),
        json!({ "$bigint": "12" }),
        json!({ "$bigint": "-9007199254740993" }),
        json!({ "$bigint": "18446744073709551615" }),
        json!({ "$bigint": "-170141183460469231731687303715884105728" }),
        json!({ "$bytes": [] }),
        json!({ "$bytes": [0, 1, 127, 128, 255] }),
        json!({ "n": { "$bigint": "5" }, "list": [{ "$bytes": [1] }, { "$bigint": "6" }] }),
    ];
    with_every_client(|_, driver| {
        // The crate `rivetkit-client` has JSON values only.
        if driver.client().version == "rust" {
            return;
        }
        for value in &values {
            assert_eq!(&echo(driver, value), value, "{}", driver.client());
        }
    });
}

#[test]
fn dates_round_trip_as_far_as_the_encoding_can() {
    let date = json!({ "$date": 1_700_000_000_123_u64 });
    let as_text = json!("2023-11-14T22:13:20.123Z");
    with_every_client(|_, driver| {
        let Client { version, encoding } = driver.client();
        if version != "rust" {
            let expected = if encoding == "json" { &as_text } else { &date };
            assert_eq!(&echo(driver, &date), expected, "{version}-{encoding}");
        }
    });
}

#[test]
fn undefined_round_trips_as_far_as_the_encoding_can() {
    let undefined = json!({ "$undefined": true });
    with_every_client(|_, driver| {
        let Client { version, encoding } = driver.client();
        if version != "rust" {
            // In JSON an argument that is undefined becomes null before it leaves the client.
            let expected = if encoding == "json" { &Value::Null } else { &undefined };
            assert_eq!(&echo(driver, &undefined), expected, "{version}-{encoding}");
        }
    });
}
