//! A copy of an actor: its state, its data and its memory, and from then on an actor of its own.

use serde_json::{Value, json};
use support::{Host, component, example};

use crate::{host, id, sleep, state};

fn fork(host: &Host, id: &str, key: &Value) -> support::Answer {
    host.http().post(&format!("/actors/{id}/fork"), json!({ "key": key }).to_string().as_bytes())
}

#[test]
fn a_copy_goes_its_own_way() {
    let host = Host::start([example("counter"), example("kv-store")]);
    let counter = host.actor("counter", "a");
    counter.output("increment", json!([5]));
    assert_eq!(counter.output("hits", json!([])), 2);
    let original = id(&host, "counter", "a");
    let answer = fork(&host, &original, &json!(["b"]));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    assert_eq!(answer["memory"], true, "{answer}");
    let copy = answer["actor"]["actor_id"].as_str().unwrap();
    assert_ne!(copy, original);
    assert_eq!(state(&host, copy), "asleep", "nobody called it yet");
    let twin = host.actor("counter", "b");
    assert_eq!(twin.output("hits", json!([])), 3);
    assert_eq!(twin.output("increment", json!([1])), 6);
    assert_eq!(counter.output("hits", json!([])), 3);
    assert_eq!(counter.output("get", json!([])), 5);
    let me = twin.output("whoami", json!([]));
    assert_eq!((me["key"].clone(), me["actorId"].as_str().unwrap()), (json!(["b"]), copy));
    // It sleeps, dies and is copied like any other.
    sleep(&host, copy);
    assert_eq!(twin.output("hits", json!([])), 6);
    assert_eq!(fork(&host, copy, &json!(["c", "d"])).status, 200);
    assert_eq!(host.http().delete(&format!("/actors/{copy}?namespace=default")).status, 200);
    assert_eq!(counter.output("get", json!([])), 5);
}

#[test]
fn its_data_is_copied_in_whole_and_survives_a_kill() {
    let mut host = Host::start([example("kv-store")]);
    let store = host.actor("kv-store", "a");
    let value = "x".repeat(60_000);
    // More than one commit's worth.
    for n in 0..200 {
        store.output("put", json!([format!("key {n:03}"), format!("{n} {value}")]));
    }
    let original = id(&host, "kv-store", "a");
    sleep(&host, &original);
    assert_eq!(fork(&host, &original, &json!(["b"])).status, 200);
    store.output("put", json!(["key 000", "changed"]));
    host.kill();
    host.restart();
    let copy = host.actor("kv-store", "b");
    for n in 0..200 {
        let found = copy.output("get", json!([format!("key {n:03}")]));
        assert_eq!(found, format!("{n} {value}"), "key {n}");
    }
    assert_eq!(host.actor("kv-store", "a").output("get", json!(["key 000"])), "changed");
}

#[test]
fn a_loop_that_goes_on_goes_on_in_both() {
    let host = Host::start([component("memories")]);
    let walker = host.actor("sleepwalker", "a");
    walker.output("seen", json!([]));
    assert_eq!(fork(&host, &id(&host, "sleepwalker", "a"), &json!(["b"])).status, 200);
    for key in ["a", "b"] {
        let walker = host.actor("sleepwalker", key);
        while walker.output("seen", json!([])).as_array().unwrap().len() < 3 {}
        let seen = walker.output("seen", json!([]));
        assert_eq!(seen.as_array().unwrap()[..3], [json!("start"), json!("step 0"), json!("step 1")]);
    }
}

#[test]
fn connections_are_not_copied() {
    let host = host();
    let light = host.actor("light", "a");
    let mut link = light.connect(&Value::Null);
    assert_eq!(link.output("calls", json!([])), 1);
    assert_eq!(fork(&host, &id(&host, "light", "a"), &json!(["b"])).status, 200);
    let twin = host.actor("light", "b");
    assert_eq!(twin.output("calls", json!([])), 2);
    crate::wait_for(&host, &id(&host, "light", "b"), "asleep");
    assert_eq!(link.output("calls", json!([])), 2);
}

#[test]
fn what_sleeps_without_memory_is_copied_without() {
    let host = host();
    let forgetful = host.actor("forgetful", "a");
    forgetful.output("calls", json!([]));
    let answer = fork(&host, &id(&host, "forgetful", "a"), &json!(["b"])).json();
    assert_eq!(answer["memory"], false);
    assert!(answer["reason"].as_str().unwrap().contains("option"), "{answer}");
    // The state came along: its own work begins a second time.
    assert_eq!(host.actor("forgetful", "b").output("calls", json!([])), json!([2, 1]));
}

#[test]
fn what_cannot_be_copied_is_refused() {
    let host = host();
    host.actor("light", "a").output("add", json!([]));
    host.actor("light", "b").output("add", json!([]));
    let id = id(&host, "light", "a");
    let answer = fork(&host, &id, &json!(["b"]));
    assert_eq!((answer.status, answer.error().as_str()), (400, "actor.duplicate_key"));
    assert_eq!(fork(&host, &id, &json!("b")).error(), "api.bad_request");
    assert_eq!(fork(&host, "0000000000000000000000001", &json!(["c"])).error(), "actor.not_found");
    let all = host.http().get("/actors?namespace=default&name=light").json();
    assert_eq!(all["actors"].as_array().unwrap().len(), 2);
}

#[test]
fn copies_are_whole_while_others_are_destroyed() {
    let host = host();
    let host = &host;
    host.actor("light", "a").output("add", json!([]));
    assert_eq!(host.actor("light", "a").output("calls", json!([])), 1);
    let original = id(host, "light", "a");
    std::thread::scope(|scope| {
        // Each end sweeps away what it finds that belongs to nobody.
        scope.spawn(|| {
            for n in 0..150 {
                host.actor("light", &format!("gone {n}")).output("add", json!([]));
                let listed =
                    host.http().get(&format!("/actors?namespace=default&name=light&key=gone%20{n}")).json();
                let gone = listed["actors"][0]["actor_id"].as_str().unwrap().to_owned();
                assert_eq!(host.http().delete(&format!("/actors/{gone}?namespace=default")).status, 200);
            }
        });
        for n in 0..150 {
            let key = format!("copy {n}");
            assert_eq!(fork(host, &original, &json!([key])).json()["memory"], true);
            let copy = host.actor("light", &key);
            assert_eq!(
                (copy.output("calls", json!([])), copy.output("add", json!([]))),
                (json!(2), json!(2)),
                "{key}"
            );
        }
    });
}
