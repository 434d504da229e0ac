//! Who waits for a message sleeps, and a message wakes it.

use std::time::Duration;

use serde_json::{Value, json};
use support::{Actor, Host, HostOptions, component};

use crate::{PATIENCE, causes, id, sleep, wait_for};

fn host() -> Host {
    HostOptions::new([component("queues")]).args(["--option", "worker.sleepTimeout=150"]).start()
}

/// Sends a message to the queue `jobs`, and waits until it is completed if it is to.
fn publish(host: &Host, actor: &Actor, body: &Value, wait: bool) -> Value {
    let body = json!({ "body": body, "wait": wait, "timeout": 60_000 }).to_string();
    let answer = host.http().post(&actor.place("/queue/jobs"), body.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[test]
fn a_message_wakes_whoever_waits_for_it_where_it_waited() {
    let host = host();
    let worker = host.actor("worker", "sleeps");
    worker.output("done", json!([]));
    let id = id(&host, "worker", "sleeps");
    for number in 0..3 {
        // By itself: a `run` that waits for a message keeps nobody awake.
        wait_for(&host, &id, "asleep");
        publish(&host, &worker, &json!({ "label": number.to_string() }), false);
    }
    assert_eq!(worker.output("done", json!([])), json!([["0", 1], ["1", 1], ["2", 1]]));
    assert_eq!(worker.output("runs", json!([])), 1, "it is the same `run` still");
    assert_eq!(host.metric("rivet_actor_starts_total{origin=\"snapshot\"}"), 3);
}

#[test]
fn a_run_that_works_keeps_its_actor_awake() {
    let host = host();
    let worker = host.actor("worker", "works");
    worker.output("done", json!([]));
    let id = id(&host, "worker", "works");
    publish(&host, &worker, &json!({ "label": "long", "waits_ms": 1_000 }), false);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(causes(&host, &id), [("run".to_owned(), 1)]);
    wait_for(&host, &id, "asleep");
}

#[test]
fn a_sender_that_waits_keeps_the_actor_awake() {
    let host = host();
    let id = {
        let careful =
            json!({ "name": "worker", "key": "careful", "input": "9Q==", "runner_name_selector": "default" });
        let created = host.http().put("/actors?namespace=default", careful.to_string().as_bytes()).json();
        created["actor"]["actor_id"].as_str().unwrap().to_owned()
    };
    let worker = host.actor("worker", "careful");
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| publish(&host, &worker, &json!({ "label": "a", "waits_ms": 700 }), true));
        std::thread::sleep(Duration::from_millis(400));
        assert!(causes(&host, &id).contains(&("sender".to_owned(), 1)), "{:?}", causes(&host, &id));
        assert_eq!(sender.join().unwrap()["response"], 1, "completed at the first attempt");
    });
    wait_for(&host, &id, "asleep");
}

#[test]
fn what_is_in_hand_stays_there_over_sleep() {
    let host = host();
    let office = host.actor("post-office", "in-hand");
    for body in [1, 2] {
        office.output("send", json!(["letters", body]));
    }
    office.output("tryNext", json!([{ "completable": true }]));
    let id = id(&host, "post-office", "in-hand");
    sleep(&host, &id);
    let refused = office.call("tryNext", json!([{}]));
    assert_eq!(refused.error(), "queue.previous_message_not_completed");
    sleep(&host, &id);
    office.output("complete", json!([]));
    assert_eq!(office.output("tryNext", json!([{}]))["body"], 2);
}

#[test]
fn a_response_that_comes_as_the_actor_falls_asleep_is_heard() {
    let host = host();
    let asker = host.actor("asker", "a");
    asker.output("answerAndSleep", json!([]));
    let until = std::time::Instant::now() + PATIENCE;
    while asker.output("answers", json!([])) != json!(["Some(7)"]) {
        assert!(std::time::Instant::now() < until, "{}", asker.output("answers", json!([])));
    }
}

#[test]
fn what_a_run_had_in_hand_that_failed_is_received_again_by_the_next() {
    let host = host();
    let clumsy = host.actor("clumsy", "a");
    for body in [json!("no number"), json!(1), json!(2)] {
        publish(&host, &clumsy, &body, false);
    }
    let id = id(&host, "clumsy", "a");
    // Each wake has a `run` of its own, which fails at the same message until that is a dead letter.
    for _ in 0..5 {
        sleep(&host, &id);
        clumsy.output("done", json!([]));
    }
    let until = std::time::Instant::now() + PATIENCE;
    while clumsy.output("done", json!([])) != json!([1, 2]) {
        assert!(std::time::Instant::now() < until, "{}", clumsy.output("done", json!([])));
    }
}

#[test]
fn a_copy_has_nothing_of_the_queue_in_hand() {
    let host = host();
    let office = host.actor("post-office", "original");
    office.output("send", json!(["letters", "theirs"]));
    office.output("tryNext", json!([{ "completable": true }]));
    let body = json!({ "key": ["copy"] }).to_string();
    let forked =
        host.http().post(&format!("/actors/{}/fork", id(&host, "post-office", "original")), body.as_bytes());
    assert_eq!(forked.status, 200, "{}", forked.text());
    let copy = host.actor("post-office", "copy");
    assert_eq!(copy.output("tryNext", json!([{}])), Value::Null);
    copy.output("send", json!(["letters", "mine"]));
    assert_eq!(copy.output("tryNext", json!([{}]))["body"], "mine");
    office.output("complete", json!([]));
}

#[test]
fn without_its_memory_a_wait_is_aborted_and_run_begins_anew() {
    let host = host();
    let forgetful = host.actor("forgetful", "a");
    forgetful.output("status", json!([]));
    let id = id(&host, "forgetful", "a");
    let began = std::time::Instant::now();
    wait_for(&host, &id, "asleep");
    assert!(began.elapsed() < Duration::from_secs(10), "the grace period is not waited for");
    publish(&host, &forgetful, &json!("woken"), false);
    let until = std::time::Instant::now() + PATIENCE;
    while forgetful.output("status", json!([])) != json!([["woken"], ["actor.aborted"]]) {
        assert!(std::time::Instant::now() < until, "{}", forgetful.output("status", json!([])));
    }
}
