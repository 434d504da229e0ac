//! What an actor does by itself: it keeps it awake, goes on over sleep, and begins anew where it had ended.

use std::time::Duration;

use serde_json::json;
use support::{Host, example};

use crate::{causes, host, id, sleep, state};

#[test]
fn it_keeps_the_actor_awake() {
    let host = Host::start([example("ticker")]);
    host.actor("ticker", "a").output("status", json!([]));
    let id = id(&host, "ticker", "a");
    assert_eq!(causes(&host, &id), [("run".to_owned(), 1)]);
    let host = support::HostOptions::new([example("ticker")]).args(["--option", "sleepTimeout=100"]).start();
    host.actor("ticker", "a").output("status", json!([]));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(state(&host, &crate::id(&host, "ticker", "a")), "awake");
}

#[test]
fn one_that_ended_begins_again_with_the_next_wake() {
    let host = host();
    let heedful = host.actor("heedful", "a");
    assert_eq!(heedful.output("log", json!([])), json!(["run cold"]));
    let id = id(&host, "heedful", "a");
    sleep(&host, &id);
    assert_eq!(heedful.output("log", json!([])), json!(["run cold", "run ends", "run from memory"]));
    sleep(&host, &id);
    let log = heedful.output("log", json!([]));
    assert_eq!(log.as_array().unwrap().len(), 5, "{log}");
}
