//! Budgets of a turn: CPU, memory, stack.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use support::Host;

use crate::{assert_panicked, bystander_answers, host_with};

/// A guest that goes over a budget: its caller gets an error, the log names actor, action, component
/// and the line of the guest's source, and the actor takes calls again.
fn goes_over(guest: &str, action: &str) -> Host {
    let host = host_with(guest);
    let actor = host.actor(guest, "a");
    assert_panicked(&actor.call(action, json!([])));
    bystander_answers(&host);
    let found = host.http().get(&format!("/actors?namespace=default&name={guest}&key=a")).json();
    let id = found["actors"][0]["actor_id"].as_str().unwrap().to_owned();
    let component = format!("{guest}@1");
    let subject = format!("action {action:?} trapped");
    for text in [subject.as_str(), &id, &component, &format!("{guest}/src/lib.rs:")] {
        host.output().wait_for(&[text]);
    }
    assert_panicked(&actor.call(action, json!([])));
    host
}

#[test]
fn an_endless_loop_is_ended() {
    goes_over("endless-loop", "spin").output().wait_for(&["out of CPU time"]);
}

#[test]
fn memory_growth_is_ended() {
    goes_over("memory-growth", "grow").output().wait_for(&["out of memory"]);
}

#[test]
fn deep_recursion_is_ended() {
    goes_over("deep-recursion", "dive").output().wait_for(&["stack"]);
}

/// More actors spin than there are processors, and a counter answers before any of them is ended.
#[test]
fn others_are_served_while_actors_spin() {
    let host = host_with("endless-loop");
    let spinners = 2 * std::thread::available_parallelism().unwrap().get();
    let ended = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for spinner in 0..spinners {
            let actor = host.actor("endless-loop", &format!("spinner {spinner}"));
            let ended = Arc::clone(&ended);
            scope.spawn(move || {
                let answer = actor.call("spin", json!([]));
                ended.fetch_add(1, Ordering::SeqCst);
                assert_panicked(&answer);
            });
        }
        host.output().wait_for(&["the loop begins"]);
        for _ in 0..10 {
            bystander_answers(&host);
        }
        let ended = ended.load(Ordering::SeqCst);
        assert!(ended < spinners, "the counter had to wait for all {ended} spinning actors");
    });
    bystander_answers(&host);
}
