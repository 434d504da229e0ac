//! No client notices that its actor sleeps: calls wake it, and a connection stays what it was.

use serde_json::{Value, json};

use crate::{get_or_create, with_every_client};

#[test]
fn a_call_wakes_the_actor_with_its_memory() {
    with_every_client(|host, driver| {
        let client = driver.client();
        let counter = get_or_create(driver, "counter", "sleeps");
        assert_eq!(driver.output(&counter, "increment", json!([5])), 5, "{client}");
        let id = driver.resolve(&counter).unwrap();
        let before = driver.output(&counter, "hits", json!([])).as_u64().unwrap();
        assert_eq!(host.http().post(&format!("/actors/{id}/sleep"), b"").status, 200, "{client}");
        assert_eq!(driver.output(&counter, "hits", json!([])), before + 1, "{client}");
        assert_eq!(driver.output(&counter, "get", json!([])), 5, "{client}");
    });
}

#[test]
fn an_open_connection_stays_connected() {
    with_every_client(|host, driver| {
        let client = driver.client();
        let counter = get_or_create(driver, "counter", "sleeps beneath a connection");
        let connection = driver.connect(&counter, Value::Null);
        let id = connection.open().unwrap();
        connection.on("newCount");
        assert_eq!(connection.output("increment", json!([])), 1, "{client}");
        let actor = driver.resolve(&counter).unwrap();
        for count in 2..5 {
            assert_eq!(host.http().post(&format!("/actors/{actor}/sleep"), b"").status, 200, "{client}");
            let awake = host.http().get(&format!("/actors/{actor}/awake")).json();
            assert_eq!(awake["state"], "asleep", "{client}");
            assert_eq!(connection.output("increment", json!([])), count, "{client}");
            assert_eq!(connection.output("hits", json!([])), count * 2 - 1, "{client}: its memory is gone");
        }
        // It heard all of it over the one connection that it had, which never was anything but connected.
        let heard = connection.events("newCount", 4);
        assert_eq!(heard, json!([[1], [2], [3], [4]]), "{client}");
        assert_eq!(connection.wait_for("connected", 1), id, "{client}");
        assert_eq!(connection.open().unwrap(), id, "{client}: it is another connection");
        connection.dispose();
    });
}
