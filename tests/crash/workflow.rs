//! kill -9 in the middle of workflows: they go on by themselves, and end as if nothing had happened.

use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::{Value, json};
use support::{Actor, Host, HostOptions, component, random};

const PATIENCE: Duration = Duration::from_secs(120);

/// An actor that does everything that a workflow can do, with all that it waits for.
fn start(host: &Host, key: &str) -> Actor {
    let tour = host.actor("tour", key);
    tour.output("look", json!([]));
    for (queue, body) in [("go", json!(1)), ("job", json!(1)), ("job", json!(2)), ("job", json!(3))] {
        let body = json!({ "body": body }).to_string();
        assert_eq!(host.http().post(&tour.place(&format!("/queue/{queue}")), body.as_bytes()).status, 200);
    }
    tour
}

fn is_over(tour: &Value) -> bool {
    tour["seen"].as_array().unwrap().iter().any(|what| what == "undo first")
}

fn run_out(tour: &Actor) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let seen = tour.output("look", json!([]));
        if is_over(&seen) {
            return seen;
        }
        assert!(Instant::now() < until, "it has come to {seen}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn whatever_is_killed_a_workflow_ends_as_if_nothing_had_happened() {
    let mut random = random();
    let mut host = HostOptions::new([component("workflows")]).start();
    let undisturbed = run_out(&start(&host, "undisturbed"));
    let steps = undisturbed["seen"].as_array().unwrap().len();
    assert!(undisturbed["counts"].as_array().unwrap().iter().all(|count| count == "1"), "{undisturbed}");
    assert_eq!(undisturbed["rows"], undisturbed["seen"]);

    let keys: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    keys.iter().for_each(|key| drop(start(&host, key)));
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(random.random_range(20..400)));
        host.kill();
        host.restart();
    }
    for key in &keys {
        let seen = run_out(&host.actor("tour", key));
        assert_eq!(seen, undisturbed, "{key}");
    }
    println!("{} workflows of {steps} steps", keys.len());
}
