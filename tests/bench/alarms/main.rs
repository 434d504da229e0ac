//! A hundred thousand schedules that are due together: how late the last of them fires.
//!
//! The floor is the same number of turns that write the same, in the same actors, each begun by a timer in memory in place of
//! a schedule: what the turns and their commits cost without anything that is durable about when they come.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use support::{Host, HostOptions, component};

const ACTORS: usize = 1_000;
const EACH: u64 = 100;
const CLIENTS: usize = 8;
/// How long it may take until all is set up.
const SET_UP_MS: u64 = 20_000;
const PATIENCE: Duration = Duration::from_secs(120);

fn main() {
    println!("{ACTORS} actors with {EACH} each, --durability sync; how late the last of them runs");
    for (label, spread_ms) in [("in the same millisecond", 0), ("over one second", 1_000)] {
        println!("due {label}");
        show("floor: timers in memory", measure("timers", spread_ms, false));
        show("schedules, awake", measure("schedule", spread_ms, false));
        show("schedules, asleep", measure("schedule", spread_ms, true));
    }
}

/// How late the last one of each actor was, in milliseconds.
fn measure(action: &str, spread_ms: u64, asleep: bool) -> Vec<u64> {
    let host = HostOptions::new([component("schedules")])
        .args(["--log", "warn", "--option", "noSleep=true"])
        .start_deployed();
    let due_ms = now_ms() + SET_UP_MS;
    each(|key| {
        let args = json!([due_ms, spread_ms, EACH]);
        host.actor("swarm", key).output(action, args);
    });
    if asleep {
        let ids = ids(&host);
        each(|key| {
            let id = &ids[key.parse::<usize>().unwrap()];
            assert_eq!(host.http().post(&format!("/actors/{id}/sleep"), b"").status, 200);
        });
        assert_eq!(host.metric("rivet_actors_resident"), 0);
    }
    let left_ms = due_ms.checked_sub(now_ms()).expect("the set-up took too long");
    // Nobody looks before most of it is over, so that looking does not slow it down.
    std::thread::sleep(Duration::from_millis(left_ms + spread_ms + 3_000));
    let (began, late) = (Instant::now(), std::sync::Mutex::new(Vec::new()));
    each(|key| {
        let actor = host.actor("swarm", key);
        loop {
            let seen = actor.output("seen", json!([]));
            if seen[0] == EACH {
                return late.lock().unwrap().push(seen[1].as_u64().unwrap());
            }
            assert!(began.elapsed() < PATIENCE, "{key}: {seen}");
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    late.into_inner().unwrap()
}

/// Does something for each actor.
fn each(work: impl Fn(&str) + Sync) {
    std::thread::scope(|scope| {
        for part in 0..CLIENTS {
            let work = &work;
            scope.spawn(move || (part..ACTORS).step_by(CLIENTS).for_each(|key| work(&key.to_string())));
        }
    });
}

/// The ids of the actors, by their keys.
fn ids(host: &Host) -> Vec<String> {
    let id = |key: usize| {
        let listed = host.http().get(&format!("/actors?namespace=default&name=swarm&key={key}")).json();
        listed["actors"][0]["actor_id"].as_str().unwrap().to_owned()
    };
    (0..ACTORS).map(id).collect()
}

fn show(label: &str, mut late_ms: Vec<u64>) {
    late_ms.sort_unstable();
    let at = |part: f64| late_ms[((late_ms.len() - 1) as f64 * part) as usize];
    println!(
        "  {label:24} last {:>6} ms; of an actor's last: p50 {:>6} ms, p99 {:>6} ms",
        at(1.0),
        at(0.5),
        at(0.99)
    );
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}
