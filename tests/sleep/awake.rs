//! What keeps an actor awake can be asked: over HTTP, on the command line, and of all of them together.

use std::process::Command;

use serde_json::{Value, json};
use support::{component, host_binary};

use crate::{awake, host, id, sleep, wait_for};

fn why(url: &str, id: &str) -> (bool, String) {
    let output = Command::new(host_binary()).args(["why", id, "--url", url]).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn each_cause_is_told_with_its_number() {
    let host = host();
    let actor = host.actor("busy", "a");
    let mut links: Vec<_> = (0..2).map(|_| actor.connect(&Value::Null)).collect();
    let id = id(&host, "busy", "a");
    links[0].output("keepAwake", json!([60_000]));
    links[1].send_call("dawdle", &json!([60_000]));
    let told = loop {
        let told = awake(&host, &id);
        if told["causes"].as_array().unwrap().len() == 3 {
            break told;
        }
    };
    assert_eq!(
        (&told["state"], &told["name"], &told["key"]),
        (&json!("awake"), &json!("busy"), &json!(["a"]))
    );
    let causes: Vec<(&str, u64)> = told["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| (cause["cause"].as_str().unwrap(), cause["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(causes, [("connection", 2), ("action", 1), ("keep_awake", 1)]);
    assert!(told["sleeps_at_ms"].is_null());
    for (cause, count) in [("connection", 1), ("action", 1), ("keep_awake", 1), ("run", 0)] {
        assert_eq!(host.metric(&format!("rivet_actors_awake{{cause=\"{cause}\"}}")), count, "{cause}");
    }
    let (ok, text) = why(host.url(), &id);
    assert!(ok, "{text}");
    for part in ["busy [\"a\"] is awake", "2  connection", "1  action", "1  keep awake"] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
}

#[test]
fn an_idle_actor_tells_when_it_sleeps() {
    let host = host();
    host.actor("dreamer", "a").output("slept", json!([]));
    let id = id(&host, "dreamer", "a");
    let told = awake(&host, &id);
    assert_eq!(told["causes"], json!([]));
    let now_ms =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    let in_ms = told["sleeps_at_ms"].as_u64().unwrap().saturating_sub(now_ms);
    assert!((25_000..=30_000).contains(&in_ms), "30 s is the default: {told}");
    sleep(&host, &id);
    assert_eq!(awake(&host, &id)["state"], "asleep");
    let (ok, text) = why(host.url(), &id);
    assert!(ok && text.contains("is asleep"), "{text}");
}

#[test]
fn a_starting_actor_tells_its_phase_and_its_deadline() {
    let host = support::Host::start([component("lives")]);
    // Its start waits for a while, and then fails.
    let body = json!({ "name": "late-starter", "key": "a", "runner_name_selector": "default" }).to_string();
    let created = host.http().put("/actors?namespace=default", body.as_bytes()).json();
    let id = created["actor"]["actor_id"].as_str().unwrap();
    host.output().wait_for(&["start 1 begins"]);
    let told = awake(&host, id);
    assert_eq!((&told["state"], &told["phase"]), (&json!("starting"), &json!("create")), "{told}");
    assert_eq!(told["causes"][0]["cause"], "starting");
    assert!(told["deadline_ms"].as_u64().is_some(), "{told}");
    wait_for(&host, id, "asleep");
}

#[test]
fn who_asks_for_nobody_is_told_so() {
    let host = host();
    let answer = host.http().get("/actors/0000000000000000000000001/awake");
    assert_eq!((answer.status, answer.error().as_str()), (404, "actor.not_found"));
    let (ok, text) = why(host.url(), "0000000000000000000000001");
    assert!(!ok && text.contains("actor.not_found") || text.contains("not_found"), "{text}");
    let (ok, text) = why(host.url(), "nonsense");
    assert!(!ok && text.contains("nonsense"), "{text}");
    let (ok, text) = why("http://127.0.0.1:1", "0000000000000000000000001");
    assert!(!ok && text.contains("no host answers"), "{text}");
}
