//! On the way to sleep: the hook, what is waited for, who has to wait, and what is given up.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{host, id, sleep, state, try_sleep, wait_for};

#[test]
fn the_hook_runs_and_knows_that_it_is_over() {
    let host = host();
    let light = host.actor("light", "a");
    assert_eq!(light.output("aborted", json!([])), false);
    sleep(&host, &id(&host, "light", "a"));
    assert_eq!(light.output("aborted", json!([])), false, "the sign outlives the sleep");
    assert_eq!(light.output("log", json!([])), json!(["Cold", "asleep, aborted: true", "Snapshot"]));
    assert_eq!(light.output("generation", json!([])), 2);
}

#[test]
fn a_hook_that_fails_is_logged_and_the_actor_sleeps() {
    let host = host();
    let light = host.actor("light", "a");
    light.output("refuseToSleep", json!([]));
    assert_eq!(light.output("calls", json!([])), 1);
    sleep(&host, &id(&host, "light", "a"));
    assert_eq!(light.output("calls", json!([])), 2);
}

#[test]
fn calls_wait_while_it_falls_asleep_and_wake_it() {
    let host = host();
    let dreamer = host.actor("dreamer", "a");
    dreamer.output("take", json!([600]));
    let id = id(&host, "dreamer", "a");
    std::thread::scope(|scope| {
        let sleeping = scope.spawn(|| sleep(&host, &id));
        host.output().wait_for(&["on_sleep begins"]);
        assert_eq!(state(&host, &id), "falling_asleep");
        let log = dreamer.output("log", json!([]));
        assert_eq!(log, json!(["on_sleep begins", "on_sleep ends"]), "it was not let sleep first");
        sleeping.join().unwrap();
    });
    assert_eq!(dreamer.output("slept", json!([])), 1);
}

#[test]
fn who_asks_for_sleep_twice_is_answered_twice_and_wakes_nobody() {
    let host = host();
    let dreamer = host.actor("dreamer", "a");
    dreamer.output("take", json!([400]));
    let id = id(&host, "dreamer", "a");
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..3).map(|_| scope.spawn(|| sleep(&host, &id))).collect();
        all.into_iter().for_each(|one| one.join().unwrap());
    });
    assert_eq!(state(&host, &id), "asleep");
    sleep(&host, &id);
    assert_eq!(state(&host, &id), "asleep");
    assert_eq!(dreamer.output("slept", json!([])), 1);
}

#[test]
fn what_takes_too_long_is_given_up() {
    let host = host();
    let dreamer = host.actor("dreamer", "a");
    dreamer.output("take", json!([3_000]));
    let id = id(&host, "dreamer", "a");
    let began = Instant::now();
    sleep(&host, &id);
    assert!(began.elapsed() >= Duration::from_millis(1_000), "it was not given its time");
    host.output().wait_for(&["WARN", "did not go to sleep in time"]);
    // Its memory was kept all the same, and nobody stands in line behind what was given up.
    assert_eq!(dreamer.output("log", json!([])), json!(["on_sleep begins"]));
    assert_eq!(dreamer.output("slept", json!([])), 0);
}

#[test]
fn who_has_the_actor_for_itself_and_does_not_return_is_given_up() {
    let host = host();
    let hoarder = host.actor("hoarder", "a");
    assert_eq!(hoarder.output("calls", json!([])), 1);
    let id = id(&host, "hoarder", "a");
    let caller = hoarder.clone();
    let answer = std::thread::spawn(move || caller.call("hoard", json!([])));
    while crate::causes(&host, &id).is_empty() {}
    sleep(&host, &id);
    assert_eq!(answer.join().unwrap().error(), "actor.aborted");
    // on_wake has the actor for itself, too.
    assert_eq!(hoarder.output("calls", json!([])), 2, "its memory is gone");
    assert_eq!(hoarder.output("woken", json!([])), 2);
}

#[test]
fn a_call_that_goes_on_is_answered_first() {
    let host = host();
    let busy = host.actor("busy", "a");
    busy.output("done", json!([]));
    let id = id(&host, "busy", "a");
    let caller = busy.clone();
    let answer = std::thread::spawn(move || caller.output("dawdle", json!([600])));
    while crate::causes(&host, &id).is_empty() {}
    sleep(&host, &id);
    assert_eq!(answer.join().unwrap(), "at last");
}

#[test]
fn a_call_that_does_not_come_to_its_end_is_told() {
    let host = host();
    let busy = host.actor("busy", "a");
    busy.output("done", json!([]));
    let id = id(&host, "busy", "a");
    let caller = busy.clone();
    let answer = std::thread::spawn(move || caller.call("dawdle", json!([30_000])));
    while crate::causes(&host, &id).is_empty() {}
    sleep(&host, &id);
    assert_eq!(answer.join().unwrap().error(), "actor.aborted");
    assert_eq!(busy.output("done", json!([])), 2);
}

#[test]
fn only_an_actor_that_is_there_sleeps() {
    let host = host();
    assert_eq!(try_sleep(&host, "nonsense").error(), "validation.invalid_input");
    assert_eq!(try_sleep(&host, "0000000000000000000000001").error(), "actor.not_found");
    host.actor("light", "a").output("add", json!([]));
    let id = id(&host, "light", "a");
    let elsewhere = host.http().post(&format!("/actors/{id}/sleep?namespace=other"), b"");
    assert_eq!(elsewhere.error(), "actor.not_found");
    assert_eq!(host.http().post(&format!("/actors/{id}/sleep"), b"").status, 200);
    assert_eq!(host.http().delete(&format!("/actors/{id}?namespace=default")).status, 200);
    assert_eq!(try_sleep(&host, &id).error(), "actor.not_found");
    wait_for_nobody(&host);
}

/// No instance is left behind by all of that.
fn wait_for_nobody(host: &support::Host) {
    host.actor("light", "b").output("add", json!([]));
    wait_for(host, &id(host, "light", "b"), "asleep");
    assert_eq!(host.metric("rivet_actors_resident"), 0);
}
