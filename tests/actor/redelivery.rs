//! A message that was received in a turn that trapped is back where it was, and in the end a dead letter.

use serde_json::{Value, json};
use support::{Actor, Host, HostOptions, component};

fn host() -> Host {
    HostOptions::new([component("queues")]).args(["--option", "maxQueueAttempts=3"]).start()
}

fn dead_letters(host: &Host, name: &str, key: &str) -> Value {
    let listed = host.http().get(&format!("/actors?namespace=default&name={name}&key={key}")).json();
    let id = listed["actors"][0]["actor_id"].as_str().unwrap();
    let answer = host.http().get(&format!("/actors/{id}/dead-letters"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["dead_letters"].clone()
}

/// Sends a message to the queue `jobs`; whatever becomes of the instance, it is in the queue.
fn publish(host: &Host, worker: &Actor, body: &Value) {
    let answer =
        host.http().post(&worker.place("/queue/jobs"), json!({ "body": body }).to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Calls an action until an instance lives long enough to answer.
fn done(worker: &Actor) -> Value {
    for _ in 0..100 {
        let answer = worker.call("done", json!([]));
        if answer.status == 200 {
            return answer.json()["output"].clone();
        }
    }
    panic!("it never answers");
}

/// Waits until these jobs are done: a call may come before the next message does.
fn wait_until_done(worker: &Actor, expected: &Value) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while done(worker) != *expected {
        assert!(std::time::Instant::now() < until, "{} is done", done(worker));
    }
}

#[test]
fn a_turn_that_traps_has_received_nothing() {
    let host = host();
    let office = host.actor("post-office", "a");
    for body in [1, 2] {
        office.output("send", json!(["letters", body]));
    }
    assert_eq!(office.call("receiveAndPanic", json!([])).error(), "actor.panicked");
    let back = office.output("nextBatch", json!([{}, 10]));
    let seen: Vec<_> =
        back.as_array().unwrap().iter().map(|m| (&m["id"], &m["body"], &m["attempts"])).collect();
    // In their order, each with the attempt that was in vain.
    assert_eq!(json!(seen), json!([[1, 1, 2], [2, 2, 2]]));
    assert_eq!(dead_letters(&host, "post-office", "a"), json!([]));
}

#[test]
fn a_turn_that_traps_has_completed_and_sent_nothing() {
    let host = host();
    let office = host.actor("post-office", "b");
    office.output("send", json!(["letters", "kept"]));
    office.output("tryNext", json!([{ "completable": true }]));
    office.call("completeAndPanic", json!([]));
    let back = office.output("nextBatch", json!([{}, 10]));
    assert_eq!(
        (back.as_array().unwrap().len(), &back[0]["body"], &back[0]["attempts"]),
        (1, &json!("kept"), &json!(2))
    );
}

#[test]
fn a_job_that_panics_is_tried_again_until_it_succeeds() {
    let host = host();
    let worker = host.actor("worker", "tries");
    publish(&host, &worker, &json!({ "label": "hard", "panics": 2 }));
    publish(&host, &worker, &json!({ "label": "easy" }));
    // What the turns that trapped wrote down is gone; and nobody overtook.
    wait_until_done(&worker, &json!([["hard", 3], ["easy", 1]]));
    assert_eq!(dead_letters(&host, "worker", "tries"), json!([]));
}

#[test]
fn a_job_that_never_succeeds_becomes_a_dead_letter() {
    let host = host();
    let worker = host.actor("worker", "fails");
    let poison = json!({ "label": "poison", "panics": 1_000 });
    publish(&host, &worker, &poison);
    publish(&host, &worker, &json!({ "label": "after" }));
    wait_until_done(&worker, &json!([["after", 1]]));
    let dead = dead_letters(&host, "worker", "fails");
    assert_eq!(dead.as_array().unwrap().len(), 1, "{dead}");
    assert_eq!(
        (&dead[0]["id"], &dead[0]["name"], &dead[0]["body"], &dead[0]["attempts"]),
        (&json!(1), &json!("jobs"), &poison, &json!(3))
    );
    assert!(host.output().text().contains("it is a dead letter"), "the log says so");
}

#[test]
fn a_worker_that_fails_goes_on_by_itself() {
    let host = HostOptions::new([component("queues")]).args(["--option", "maxQueueAttempts=2"]).start();
    let worker = host.actor("worker", "alone");
    publish(&host, &worker, &json!({ "label": "poison", "panics": 1_000 }));
    publish(&host, &worker, &json!({ "label": "after" }));
    // Nobody calls: to ask for the dead letters wakes nobody.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while dead_letters(&host, "worker", "alone").as_array().unwrap().is_empty() {
        assert!(std::time::Instant::now() < until, "it was not tried again");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    host.output().wait_for(&["it is a dead letter"]);
    wait_until_done(&worker, &json!([["after", 1]]));
}

#[test]
fn much_that_a_turn_received_in_vain_counts_as_tried() {
    let host = host();
    let office = host.actor("post-office", "much");
    for _ in 0..700 {
        office.output("send", json!(["letters", "x".repeat(60_000)]));
    }
    for _ in 0..3 {
        assert_eq!(office.call("receiveAllAndPanic", json!([])).error(), "actor.panicked");
    }
    let dead = dead_letters(&host, "post-office", "much");
    assert!(dead.as_array().unwrap().len() > 300, "{}", dead.as_array().unwrap().len());
}

#[test]
fn senders_that_wait_do_not_keep_callers_out() {
    let host = host();
    let office = host.actor("post-office", "crowd");
    office.output("tryNext", json!([{}]));
    std::thread::scope(|scope| {
        for _ in 0..1_040 {
            scope.spawn(|| {
                let body = json!({ "body": 1, "wait": true, "timeout": 8_000 }).to_string();
                host.http().post(&office.place("/queue/letters"), body.as_bytes())
            });
        }
        std::thread::sleep(std::time::Duration::from_secs(3));
        let began = std::time::Instant::now();
        office.output("tryNext", json!([{}]));
        assert!(began.elapsed().as_secs() < 3, "the senders wait for 8 s: {:?}", began.elapsed());
    });
}

#[test]
fn dead_letters_are_for_those_who_manage_the_host() {
    let host = HostOptions::new([component("queues")]).args(["--management-token", "s3cret"]).start();
    host.actor("post-office", "a").output("send", json!(["letters", 1]));
    let listed = host.http().get("/actors?namespace=default&name=post-office&key=a").json();
    let id = listed["actors"][0]["actor_id"].as_str().unwrap();
    assert_eq!(host.http().get(&format!("/actors/{id}/dead-letters")).error(), "api.unauthorized");
}
