//! Requests that nobody waits for any more.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::Host;

use crate::{LOOK_EVERY, PATIENCE, both, fetcher};

#[test]
fn a_request_that_is_dropped_is_given_up() {
    let (server, host) = both();
    let actor = fetcher(&host);
    for path in ["/hang", "/drip"] {
        actor.output("askAndDrop", json!([server.url(path), 200]));
    }
    server.wait_for_left(2);
    // One that is dropped in its own turn never leaves.
    actor.output("askAndDrop", json!([server.url("/hang"), 0]));
    assert_eq!(actor.output("ask", json!([{"url": server.url("/status/200")}]))["status"], 200);
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_request_ends_with_its_actor() {
    let (server, host) = both();
    let actor = fetcher(&host);
    actor.output("askAndKeep", json!([server.url("/hang")]));
    server.wait_for_asked(1);
    let answer = actor.call("askAndTrap", json!([server.url("/echo")]));
    assert_eq!(answer.error(), "actor.panicked");
    server.wait_for_left(1);
}

#[test]
fn a_request_under_way_at_sleep_is_aborted() {
    let (server, host) = both();
    let actor = fetcher(&host);
    actor.output("askAside", json!([server.url("/hang")]));
    server.wait_for_asked(1);
    let id = id(&host);
    let awake = host.http().get(&format!("/actors/{id}/awake")).json();
    assert_eq!(awake["causes"], json!([]), "it keeps nobody awake");
    let slept = host.http().post(&format!("/actors/{id}/sleep?namespace=default"), b"");
    assert_eq!(slept.status, 200, "{}", slept.text());
    server.wait_for_left(1);
    let until = Instant::now() + PATIENCE;
    while actor.output("ends", json!([])) != json!(["actor.aborted"]) {
        assert!(Instant::now() < until, "{}", actor.output("ends", json!([])));
        std::thread::sleep(LOOK_EVERY);
    }
    // The actor goes on, and can ask anew.
    assert_eq!(actor.output("ask", json!([{"url": server.url("/status/200")}]))["status"], 200);
}

#[test]
fn who_waits_for_a_request_stays_awake() {
    let (server, host) = both();
    let actor = fetcher(&host);
    std::thread::scope(|scope| {
        let asked = json!([{"url": server.url("/hang"), "timeoutMs": 2000}]);
        let asking = scope.spawn(|| actor.output("ask", asked));
        server.wait_for_asked(1);
        let awake = host.http().get(&format!("/actors/{}/awake", id(&host))).json();
        assert_eq!(awake["causes"][0]["cause"], "action", "{awake}");
        assert_eq!(asking.join().unwrap()["error"], "fetch.timed_out");
    });
}

#[test]
fn the_host_ends_without_waiting_for_the_outside() {
    let (server, mut host) = both();
    fetcher(&host).output("askAside", json!([server.url("/hang")]));
    server.wait_for_asked(1);
    let began = Instant::now();
    host.terminate();
    assert!(host.wait().success());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    server.wait_for_left(1);
}

fn id(host: &Host) -> String {
    let listed: Value = host.http().get("/actors?namespace=default&name=fetcher&key=a").json();
    listed["actors"][0]["actor_id"].as_str().unwrap().to_owned()
}
