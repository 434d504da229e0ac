//! What is due wakes an actor, whatever has happened to it or to the host meanwhile, and fires exactly once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rand::Rng;
use rivet_store::{Durability, KeyRange, Store, Table};
use serde_json::{Value, json};
use support::{Actor, Host, HostOptions, component, random};

use crate::{LOOK_EVERY, PATIENCE, causes, id, sleep, state, wait_for};

fn host() -> Host {
    with_args(&[])
}

fn with_args(args: &[&str]) -> Host {
    HostOptions::new([component("schedules")]).args(args.iter().copied()).start_deployed()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// What has run, once so much has. A call would wake the actor: it must be awake by itself before.
fn done(host: &Host, planner: &Actor, key: &str, count: usize) -> Vec<Value> {
    wait_for(host, &id(host, "planner", key), "awake");
    done_awake(planner, count)
}

fn done_awake(planner: &Actor, count: usize) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let done = planner.output("done", json!([])).as_array().unwrap().clone();
        if done.len() >= count {
            return done;
        }
        assert!(Instant::now() < until, "only {done:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// How late the last of what has run was.
fn late_ms(done: &[Value]) -> u64 {
    let info = done.last().unwrap().as_array().unwrap().last().unwrap();
    info["firedAt"].as_u64().unwrap() - info["scheduledAt"].as_u64().unwrap()
}

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// How many lines the host has printed that have this.
fn lines(host: &Host, text: &str) -> usize {
    host.output().lines().iter().filter(|line| line.contains(text)).count()
}

#[test]
fn who_sleeps_is_woken() {
    for (args, origin) in [(&[][..], "snapshot"), (&["--option", "planner.snapshot=none"], "cold")] {
        let host = with_args(args);
        let planner = host.actor("planner", "a");
        planner.output("after", json!([600, "fire", ["x"]]));
        let id = id(&host, "planner", "a");
        sleep(&host, &id);
        assert_eq!(state(&host, &id), "asleep");
        let done = done(&host, &planner, "a", 1);
        assert_eq!(done[0][0], "x");
        assert!(late_ms(&done) < 1_000, "{origin}: {done:?}");
        assert_eq!(host.metric(&format!("rivet_actor_starts_total{{origin=\"{origin}\"}}")), 1);
        assert_eq!(planner.output("list", json!([])), json!([]));
    }
}

#[test]
fn all_who_sleep_are_woken() {
    const ACTORS: u64 = 300;
    let host = host();
    let due_ms = now_ms() + 6_000;
    std::thread::scope(|scope| {
        for part in 0..4 {
            let host = &host;
            scope.spawn(move || {
                for key in (part..ACTORS).step_by(4).map(|key| key.to_string()) {
                    host.actor("planner", &key).output("at", json!([due_ms, "fire", [key]]));
                    sleep(host, &id(host, "planner", &key));
                }
            });
        }
    });
    assert!(now_ms() < due_ms, "this machine is too slow for this test");
    for key in (0..ACTORS).map(|key| key.to_string()) {
        let done = done(&host, &host.actor("planner", &key), &key, 1);
        assert_eq!((done.len(), &done[0][0]), (1, &json!(key)));
        assert!(late_ms(&done) < 5_000, "{key}: {done:?}");
    }
}

#[test]
fn more_than_there_is_room_for_take_turns() {
    const ACTORS: u64 = 24;
    let host = with_args(&["--actors-max", "3"]);
    let due_ms = now_ms() + 2_500;
    for key in (0..ACTORS).map(|key| key.to_string()) {
        host.actor("planner", &key).output("at", json!([due_ms, "fire", [key]]));
        host.actor("planner", &key).output("at", json!([due_ms, "fire", [key]]));
    }
    pause(due_ms.saturating_sub(now_ms()));
    // Nobody calls while they make room for each other.
    pause(3_000);
    let woken = |origin: &str| host.metric(&format!("rivet_actor_starts_total{{origin=\"{origin}\"}}"));
    assert!(woken("snapshot") >= ACTORS - 3, "{} were woken", woken("snapshot"));
    for key in (0..ACTORS).map(|key| key.to_string()) {
        let done = done_awake(&host.actor("planner", &key), 2);
        assert_eq!((done.len(), &done[1][0]), (2, &json!(key)));
        assert!(late_ms(&done) < 3_000, "{key}: {done:?}");
    }
}

#[test]
fn what_was_due_while_there_was_no_host_fires_when_there_is_one() {
    let mut host = host();
    let planner = host.actor("planner", "a");
    planner.output("after", json!([300, "fire", ["x"]]));
    planner.output("cron.set", json!([{ "name": "job", "interval": 5_000, "action": "fire" }]));
    host.terminate();
    assert!(host.wait().success());
    // Over two times of the job, which are one.
    pause(10_500);
    host.restart();
    let planner = host.actor("planner", "a");
    let done = done(&host, &planner, "a", 2);
    assert_eq!((done.len(), &done[0][0], &done[1][0]["name"]), (2, &json!("x"), &json!("job")), "{done:?}");
    let job = planner.output("cron.get", json!(["job"]));
    assert_eq!(job["nextRunAt"].as_u64().unwrap() - done[1][0]["scheduledAt"].as_u64().unwrap(), 10_000);
}

#[test]
fn each_fires_once_whatever_is_killed_when() {
    const ACTORS: usize = 8;
    const ROUNDS: u64 = 8;
    const EACH: u64 = 60;
    let mut random = random();
    let mut host = host();
    let mut scheduled = 0;
    for round in 0..ROUNDS {
        let due_ms = now_ms() + random.random_range(100..500);
        for key in 0..ACTORS {
            let args = json!([due_ms, EACH, round * EACH]);
            host.actor("planner", &key.to_string()).output("scheduleMany", args);
            if random.random_bool(0.3) {
                sleep(&host, &id(&host, "planner", &key.to_string()));
            }
        }
        scheduled += EACH;
        // Before, in the middle of, or after what is due.
        pause(random.random_range(0..700));
        host.kill();
        host.restart();
    }
    for key in (0..ACTORS).map(|key| key.to_string()) {
        let planner = host.actor("planner", &key);
        let until = Instant::now() + PATIENCE;
        while planner.output("list", json!([])) != json!([]) {
            assert!(Instant::now() < until, "{}", planner.output("counts", json!([])));
            std::thread::sleep(LOOK_EVERY);
        }
        assert_eq!(
            planner.output("counts", json!([])),
            json!([scheduled, 0, 0]),
            "{key}: run, twice, to come"
        );
    }
}

#[test]
fn nothing_fires_while_the_actor_goes_to_sleep() {
    let host = host();
    let planner = host.actor("planner", "a");
    planner.output("after", json!([800, "fire", ["x"]]));
    std::thread::scope(|scope| {
        let caller = planner.clone();
        scope.spawn(move || caller.output("dawdle", json!([2_000])));
        host.output().wait_for(&["dawdles"]);
        // It answers once the action has, and the actor sleeps.
        sleep(&host, &id(&host, "planner", "a"));
    });
    let done = done(&host, &planner, "a", 2);
    assert_eq!((&done[0][0], &done[1][0]), (&json!("dawdle"), &json!("x")));
    assert!(late_ms(&done) > 800, "it fired in the middle of the grace period: {done:?}");
}

#[test]
fn what_runs_keeps_the_actor_awake_and_is_named() {
    let host = with_args(&["--option", "sleepTimeout=300"]);
    let planner = host.actor("planner", "a");
    planner.output("after", json!([50, "dawdle", [1_500]]));
    let id = id(&host, "planner", "a");
    host.output().wait_for(&["dawdles"]);
    assert_eq!(causes(&host, &id), [("schedule".to_owned(), 1)]);
    assert_eq!(host.metric("rivet_actors_awake{cause=\"schedule\"}"), 1);
    pause(1_000);
    assert_eq!(state(&host, &id), "awake", "it fell asleep in the middle");
    wait_for(&host, &id, "asleep");
    assert_eq!(planner.output("done", json!([])), json!([["dawdle"]]));
}

#[test]
fn a_start_that_fails_is_tried_again_but_not_at_once() {
    let host = host();
    let stubborn = host.actor("stubborn", "a");
    stubborn.output("refuse", json!([2_500, 100]));
    let id = id(&host, "stubborn", "a");
    wait_for(&host, &id, "asleep");
    host.output().wait_for(&["will not start"]);
    // Tried at 0.1 s, a second later, and two seconds after that.
    pause(2_000);
    let tries = lines(&host, "will not start");
    assert!((1..=2).contains(&tries), "{tries} starts in two seconds");
    wait_for(&host, &id, "awake");
    assert_eq!(stubborn.output("fired", json!([])), 1);
}

#[test]
fn what_traps_has_fired_and_what_is_behind_it_fires() {
    let host = host();
    let planner = host.actor("planner", "a");
    let due_ms = now_ms() + 200;
    planner.output("at", json!([due_ms, "trap"]));
    planner.output("at", json!([due_ms + 1, "fire", ["behind"]]));
    planner.output("at", json!([due_ms + 2, "trap"]));
    planner.output("at", json!([due_ms + 300, "fire", ["late"]]));
    let done = done_awake(&planner, 2);
    assert_eq!((&done[0][0], &done[1][0]), (&json!("behind"), &json!("late")));
    pause(300);
    assert_eq!(lines(&host, "about to trap"), 2);
    assert_eq!(planner.output("list", json!([])), json!([]));
}

#[test]
fn an_actor_that_traps_is_woken_for_what_is_left() {
    let host = host();
    let planner = host.actor("planner", "a");
    planner.output("after", json!([300, "trap"]));
    planner.output("after", json!([600, "fire", ["left"]]));
    host.output().wait_for(&["about to trap"]);
    // Nobody calls: the host has to see to it.
    let done = done(&host, &planner, "a", 1);
    assert_eq!(done[0][0], "left");
}

#[test]
fn an_option_says_how_many_there_may_be() {
    let host = with_args(&["--option", "planner.maxSchedules=2"]);
    let planner = host.actor("planner", "a");
    planner.output("scheduleMany", json!([now_ms() + 600_000, 2]));
    assert_eq!(planner.call("after", json!([1, "fire"])).error(), "schedule.max_schedules_exceeded");
}

#[test]
fn a_turn_that_traps_has_scheduled_nothing() {
    let host = host();
    let planner = host.actor("planner", "a");
    planner.output("done", json!([]));
    assert_eq!(planner.call("afterAndTrap", json!([50])).error(), "actor.panicked");
    pause(300);
    assert_eq!(planner.output("list", json!([])), json!([]));
    assert_eq!(planner.output("done", json!([])), json!([]));
}

#[test]
fn nothing_is_due_for_an_actor_that_was_destroyed() {
    let mut host = host();
    let [awake, asleep] = ["awake", "asleep"].map(|key| host.actor("planner", key));
    for planner in [&awake, &asleep] {
        planner.output("after", json!([1_500, "fire", ["never"]]));
        planner.output("cron.set", json!([{ "name": "job", "interval": 5_000, "action": "fire" }]));
    }
    let sleeping = id(&host, "planner", "asleep");
    sleep(&host, &sleeping);
    awake.output("die", json!([]));
    assert_eq!(host.http().delete(&format!("/actors/{sleeping}?namespace=default")).status, 200);
    pause(2_000);
    for planner in [&awake, &asleep] {
        assert_eq!(planner.output("list", json!([])), json!([]), "the next one of the key has none");
    }
    host.terminate();
    assert!(host.wait().success());
    let store = Store::open(&host.data(), Durability::Sync).unwrap();
    for table in [Table::Alarms, Table::Schedules, Table::ScheduleHistory] {
        assert!(store.scan(table, &KeyRange::prefix(&[], 10)).unwrap().is_empty(), "{table:?}");
    }
    assert_eq!(lines(&host, "cannot be woken"), 0);
}
