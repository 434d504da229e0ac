//! More actors than the host can hold awake: the idlest make room, whatever their time-out, and nobody is refused.

use serde_json::{Value, json};
use support::{HostOptions, component, example};

use crate::{id, state};

#[test]
fn the_idlest_make_room() {
    let host = HostOptions::new([example("counter")]).args(["--actors-max", "20"]).start();
    for round in 1..4 {
        for key in 0..100 {
            let counter = host.actor("counter", &key.to_string());
            assert_eq!(counter.output("hits", json!([])), round, "actor {key}");
        }
        assert!(host.metric("rivet_actors_resident") <= 20);
    }
    assert_eq!(host.metric("rivet_actors_resident_max"), 20);
    assert!(host.metric("rivet_actor_sleeps_total{reason=\"pressure\"}") >= 280);
    assert_eq!(state(&host, &id(&host, "counter", "0")), "asleep");
    assert_eq!(state(&host, &id(&host, "counter", "99")), "awake");
}

#[test]
fn a_burst_of_wakes_is_answered_in_whole() {
    let host = HostOptions::new([example("counter")]).args(["--actors-max", "16"]).start();
    let host = &host;
    std::thread::scope(|scope| {
        let callers = (0..64).map(|key| {
            scope.spawn(move || {
                for round in 1..6 {
                    let hits = host.actor("counter", &key.to_string()).output("hits", json!([]));
                    assert_eq!(hits, round, "actor {key}");
                }
            })
        });
        callers.collect::<Vec<_>>().into_iter().for_each(|caller| caller.join().unwrap());
    });
}

#[test]
fn connections_do_not_keep_a_place() {
    let host = HostOptions::new([example("counter")]).args(["--actors-max", "4"]).start();
    let mut links: Vec<_> =
        (0..12).map(|key| host.actor("counter", &key.to_string()).connect(&Value::Null)).collect();
    for round in 1..4 {
        for link in &mut links {
            assert_eq!(link.output("hits", json!([])), round);
        }
    }
}

#[test]
fn memory_makes_room_too() {
    let args = ["--actors-memory-max", "64MiB", "--memory-max", "128MiB"];
    let host = HostOptions::new([component("memories")]).args(args).start();
    let sums: Vec<Value> =
        (0..12).map(|key| host.actor("heap", &key.to_string()).output("fill", json!([20]))).collect();
    for (key, sum) in sums.iter().enumerate() {
        assert_eq!(host.actor("heap", &key.to_string()).output("checksum", json!([])), *sum, "actor {key}");
    }
    assert!(host.metric("rivet_actor_sleeps_total{reason=\"pressure\"}") >= 12);
    let held_mib = host.metric("rivet_actors_memory_bytes") >> 20;
    assert!(held_mib < 128, "{held_mib} MiB are held");
}

#[test]
fn who_keeps_awake_keeps_its_place_and_others_are_told() {
    let args = ["--actors-max", "2", "--option", "busy.sleepTimeout=100"];
    let host = HostOptions::new([component("sleepers")]).args(args).start();
    for key in ["a", "b"] {
        host.actor("busy", key).output("keepAwake", json!([45_000]));
    }
    let answer = host.actor("busy", "c").call("done", json!([]));
    assert_eq!(answer.error(), "actor.overloaded", "{}", answer.text());
    assert_eq!(state(&host, &id(&host, "busy", "a")), "awake");
}

#[test]
fn whoever_waits_for_a_place_is_not_asked_for_one() {
    let host = HostOptions::new([component("sleepers")]).args(["--actors-max", "8"]).start();
    let host = &host;
    std::thread::scope(|scope| {
        let callers = (0..200).map(|key| {
            scope.spawn(move || host.actor("busy", &key.to_string()).output("dawdle", json!([100])))
        });
        for caller in callers.collect::<Vec<_>>() {
            assert_eq!(caller.join().unwrap(), "at last");
        }
    });
}
