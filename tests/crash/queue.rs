//! kill -9 while jobs are sent and worked off: each that was acknowledged is done, and what it does is done once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::Rng;
use serde_json::json;
use support::{Host, HostOptions, component, random};

const WORKERS: usize = 8;
const ROUNDS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(60);

/// The labels of the jobs that were sent, and whether that was acknowledged.
type Sent = BTreeMap<u64, bool>;

#[test]
fn an_acknowledged_job_is_done_once() {
    let mut random = random();
    // A job of a turn that is killed was not tried: only traps count.
    let options = HostOptions::new([component("queues")]).args(["--option", "maxQueueSize=100000"]);
    let mut host = options.start();
    let mut sent: Vec<Sent> = vec![Sent::new(); WORKERS];
    for _ in 0..ROUNDS {
        let (killed, acknowledged) = (AtomicBool::new(false), AtomicU64::new(0));
        let enough = random.random_range(1..400);
        std::thread::scope(|scope| {
            for (number, sent) in sent.iter_mut().enumerate() {
                let (host, killed, acknowledged) = (&host, &killed, &acknowledged);
                scope.spawn(move || send_until_killed(host, number, sent, killed, acknowledged));
            }
            while acknowledged.load(Ordering::SeqCst) < enough {
                std::thread::sleep(Duration::from_millis(1));
            }
            killed.store(true, Ordering::SeqCst);
            let pid = host.pid().to_string();
            assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        host.restart();
    }
    let mut done_all = 0;
    for (number, sent) in sent.iter().enumerate() {
        let done = all_done(&host, number, sent);
        let acknowledged = sent.iter().filter(|(_, acknowledged)| **acknowledged).map(|(label, _)| label);
        for label in acknowledged {
            assert_eq!(done.get(label), Some(&1), "worker {number}: job {label}");
        }
        for (label, times) in &done {
            assert!(
                sent.contains_key(label) && *times == 1,
                "worker {number}: job {label} was done {times} times"
            );
        }
        done_all += done.len();
    }
    println!("{done_all} jobs of {WORKERS} workers, {ROUNDS} kills");
}

#[test]
fn what_a_killed_host_has_left_wakes_its_actor() {
    let options = HostOptions::new([component("queues")]);
    let mut host = options.start();
    let worker = host.actor("worker", "left");
    // Long enough not to be done before the host is killed; the next host begins it anew.
    let body = json!({ "body": { "label": "long", "waits_ms": 600_000 } }).to_string();
    let careful =
        json!({ "name": "worker", "key": "left", "input": "9Q==", "runner_name_selector": "default" });
    let created = host.http().put("/actors?namespace=default", careful.to_string().as_bytes()).json();
    let id = created["actor"]["actor_id"].as_str().unwrap().to_owned();
    assert_eq!(host.http().post(&worker.place("/queue/jobs"), body.as_bytes()).status, 200);
    let until = Instant::now() + PATIENCE;
    while worker.output("done", json!([])) != json!([["long", 1]]) {
        assert!(Instant::now() < until, "it does not begin");
    }
    host.kill();
    host.restart();
    loop {
        // To ask does not wake it.
        let awake = host.http().get(&format!("/actors/{id}/awake")).json();
        if awake["causes"].as_array().unwrap().iter().any(|cause| cause["cause"] == "run") {
            break;
        }
        assert!(Instant::now() < until, "{awake}");
        std::thread::sleep(Duration::from_millis(20));
    }
    let worker = host.actor("worker", "left");
    assert_eq!(worker.output("done", json!([])), json!([["long", 1], ["long", 2]]), "it is tried again");
}

fn send_until_killed(host: &Host, number: usize, sent: &mut Sent, killed: &AtomicBool, count: &AtomicU64) {
    let worker = host.actor("worker", &number.to_string());
    while !killed.load(Ordering::SeqCst) {
        let label = sent.len() as u64;
        sent.insert(label, false);
        let body = json!({ "body": { "label": label.to_string() } }).to_string();
        let headers = [("content-type", "application/json")];
        let Ok(answer) = host.http().send("POST", &worker.place("/queue/jobs"), &headers, body.as_bytes())
        else {
            return;
        };
        assert_eq!(answer.status, 200, "{}", answer.text());
        sent.insert(label, true);
        count.fetch_add(1, Ordering::SeqCst);
    }
}

/// How often each job was done, once the queue is worked off.
fn all_done(host: &Host, number: usize, sent: &Sent) -> BTreeMap<u64, u64> {
    let worker = host.actor("worker", &number.to_string());
    let expected = sent.values().filter(|acknowledged| **acknowledged).count();
    let until = Instant::now() + PATIENCE;
    loop {
        let output = worker.output("done", json!([]));
        let mut done = BTreeMap::new();
        for job in output.as_array().unwrap() {
            *done.entry(job[0].as_str().unwrap().parse().unwrap()).or_default() += 1;
        }
        if done.len() >= expected {
            return done;
        }
        assert!(Instant::now() < until, "worker {number}: {} of {expected} jobs are done", done.len());
        std::thread::sleep(Duration::from_millis(20));
    }
}
