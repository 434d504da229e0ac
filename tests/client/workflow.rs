//! Workflows (semantics.md section 16).

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Driver, Host, HostOptions, component};

use crate::with_each_client_of;

const PATIENCE: Duration = Duration::from_secs(60);

/// Checks a property with the newest clients, each with an actor of its own.
fn with_an_actor(actor: &str, test: &str, input: &Value, check: impl Fn(&Host, &Driver, &Value)) {
    with_each_client_of(HostOptions::new([component("workflows")]), |host, driver| {
        if driver.client().version == "2.3.19" {
            check(host, driver, &target(driver, actor, test, input));
        }
    });
}

fn target(driver: &Driver, actor: &str, test: &str, input: &Value) -> Value {
    let key = [format!("{test} {}", driver.client())];
    json!({ "actor": actor, "by": "getOrCreate", "key": key, "input": input })
}

/// What the actor shows, once it is so.
fn look_until(driver: &Driver, actor: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let seen = driver.output(actor, "look", json!([]));
        if is_so(&seen) {
            return seen;
        }
        assert!(Instant::now() < until, "{}: it has come to {seen}", driver.client());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn len(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn pause(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

#[test]
fn a_step_gives_its_output_and_is_retried_with_growing_delays() {
    let input = json!({ "kind": "user", "times": 3, "tries": false });
    with_an_actor("steps", "retried", &input, |_, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 1);
        assert_eq!((len(&seen["runs"]), &seen["seen"][0]), (4, &json!(42)));
        let runs: Vec<u64> =
            seen["runs"].as_array().unwrap().iter().map(|run| run.as_u64().unwrap()).collect();
        for (pair, delay_ms) in runs.windows(2).zip([200, 400, 800]) {
            let waited_ms = pair[1] - pair[0];
            assert!((delay_ms..delay_ms + 150).contains(&waited_ms), "{waited_ms} ms, not {delay_ms}");
        }
        // One id in all attempts, of this actor.
        let id = format!("{}/work", seen["id"].as_str().unwrap());
        assert_eq!(seen["ids"], json!([id, id, id, id]));
    });
}

#[test]
fn a_step_that_fails_too_often_or_for_good_fails_the_workflow() {
    for (kind, runs, code) in
        [("user", 4, "step_exhausted"), ("critical", 1, "critical_error"), ("timeout", 1, "step_timed_out")]
    {
        let input = json!({ "kind": kind, "times": 99, "tries": false });
        with_an_actor("steps", kind, &input, |_, driver, actor| {
            let is_over = |seen: &Value| {
                seen["events"].as_array().unwrap().iter().any(|event| !event["workflow"].is_null())
            };
            let seen = look_until(driver, actor, is_over);
            assert_eq!((len(&seen["runs"]), &seen["seen"]), (runs, &json!([])));
            let events = seen["events"].as_array().unwrap();
            assert_eq!(events.len(), runs + 1);
            let step = &events[runs - 1]["step"];
            assert_eq!(
                (&step["stepName"], &step["attempt"], &step["willRetry"]),
                (&json!("work"), &json!(runs), &json!(false))
            );
            assert_eq!((&step["maxRetries"], &step["remainingRetries"]), (&json!(3), &json!(0)));
            if runs > 1 {
                let first = &events[0]["step"];
                let at = first["retryAt"].as_u64().unwrap() - first["retryDelay"].as_u64().unwrap();
                assert_eq!(
                    (&first["willRetry"], &first["retryDelay"], &json!(at)),
                    (&json!(true), &json!(200), &seen["runs"][0])
                );
                assert_eq!(first["error"], json!({ "group": "user", "code": "busy", "message": "not now" }));
            }
            let over = &events[runs]["workflow"];
            assert_eq!((&over["workflowId"], &over["error"]["code"]), (&seen["id"], &json!(code)));
        });
    }
}

#[test]
fn the_error_hook_may_broadcast() {
    let input = json!({ "kind": "user", "times": 3, "tries": false });
    with_an_actor("steps", "hook", &input, |_, driver, actor| {
        let connection = driver.connect(actor, Value::Null);
        connection.on("wrong");
        // The first one may have come before the subscription.
        let heard = connection.events("wrong", 1);
        assert_eq!(heard[0][0]["step"]["error"]["code"], "busy", "{heard}");
        look_until(driver, actor, |seen| len(&seen["seen"]) == 1);
    });
}

#[test]
fn a_failure_of_a_step_is_a_value_for_whoever_tries() {
    for (kind, times, max_retries, expect) in [
        ("user", 99, 1, json!({ "kind": "exhausted", "step": "work", "attempts": 2, "error": "not now" })),
        (
            "critical",
            99,
            3,
            json!({ "kind": "critical", "step": "work", "attempts": 1, "error": "it is broken" }),
        ),
        (
            "timeout",
            99,
            3,
            json!({ "kind": "timeout", "step": "work", "attempts": 1, "error": "it took longer than 150 ms" }),
        ),
    ] {
        let input = json!({ "kind": kind, "times": times, "tries": true, "max_retries": max_retries });
        with_an_actor("steps", &format!("tries {kind}"), &input, |_, driver, actor| {
            let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 1);
            assert_eq!(seen["seen"][0], json!({ "ok": false, "failure": expect }));
        });
    }
    let input = json!({ "kind": "large", "times": 1, "tries": true });
    with_an_actor("steps", "tries large", &input, |_, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 1);
        let failure = &seen["seen"][0]["failure"];
        assert_eq!((&failure["kind"], &failure["attempts"]), (&json!("critical"), &json!(1)));
        assert!(failure["error"].as_str().unwrap().contains("262144"), "{failure}");
    });
    let input = json!({ "kind": "user", "times": 0, "tries": true });
    with_an_actor("steps", "tries in vain", &input, |_, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 1);
        assert_eq!(seen["seen"][0], json!({ "ok": true, "value": 42 }));
    });
}

#[test]
fn whoever_tries_says_what_is_caught() {
    for (catch, is_caught) in
        [(json!(["rollback"]), true), (json!(["critical"]), false), (Value::Null, false)]
    {
        let input = json!({ "kind": "rollback", "times": 9, "tries": true, "catch": catch });
        with_an_actor("steps", &format!("catches {catch}"), &input, |_, driver, actor| {
            let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 1 || len(&seen["events"]) == 2);
            if is_caught {
                assert_eq!(seen["seen"][0]["failure"]["kind"], "rollback");
            } else {
                assert_eq!(seen["events"][1]["workflow"]["error"]["code"], "rollback");
            }
        });
    }
}

#[test]
fn a_step_that_traps_is_tried_again_by_itself() {
    let input = json!({ "kind": "panic", "times": 0, "tries": true, "max_retries": 1 });
    with_each_client_of(HostOptions::new([component("workflows")]), |_, driver| {
        if driver.client().version != "2.3.19" {
            return;
        }
        let mut always = input.clone();
        always["times"] = 1.into();
        let actor = target(driver, "steps", "traps", &always);
        let seen = look_until(driver, &actor, |seen| len(&seen["seen"]) == 1);
        // The turns that trapped have left nothing but their number.
        assert_eq!(seen["seen"][0]["failure"]["kind"], "exhausted");
        assert_eq!((&seen["seen"][0]["failure"]["attempts"], &seen["runs"]), (&json!(2), &json!([])));
    });
}

#[test]
fn a_step_may_destroy_the_actor() {
    let input = json!({ "kind": "destroy", "times": 1, "tries": false });
    with_an_actor("steps", "destroys", &input, |_, driver, actor| {
        let id = driver.create(&json!({ "actor": "steps", "key": [format!("destroyed {}", driver.client())], "input": actor["input"] }));
        let by_id = json!({ "actor": "steps", "by": "id", "id": id.unwrap() });
        let until = Instant::now() + PATIENCE;
        while driver.call(&by_id, "look", json!([])).is_ok() {
            assert!(Instant::now() < until, "it is still there");
            pause(20);
        }
    });
}

#[test]
fn a_failure_of_a_block_is_a_value() {
    with_an_actor("blocks", "blocks", &Value::Null, |_, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 5);
        let expect = json!([
            5,
            ["step", "bad", ["critical", 1]],
            ["join", "bad", null],
            ["race", "bad", null],
            ["block", "own", "by itself"],
        ]);
        assert_eq!(seen["seen"], expect);
    });
}

#[test]
fn a_loop_goes_on_with_its_state() {
    with_an_actor("looper", "loops", &Value::Null, |_, driver, actor| {
        look_until(driver, actor, |seen| len(&seen["runs"]) == 46);
        driver.publish(actor, "next", json!(null)).unwrap();
        let seen = look_until(driver, actor, |seen| len(&seen["runs"]) == 60);
        let numbers: Vec<u64> = (0..51).chain(std::iter::repeat_n(100, 9)).collect();
        assert_eq!((&seen["runs"], &seen["seen"]), (&json!(numbers), &json!([1225])));
    });
}

#[test]
fn a_step_is_one_commit() {
    let host = HostOptions::new([component("workflows")]).start_deployed();
    let driver = Driver::start_all(host.url()).remove(0);
    let commits = || host.metric("rivet_store_commits_total");
    let before = commits();
    let looper = target(&driver, "looper", "commits", &Value::Null);
    look_until(&driver, &looper, |seen| len(&seen["runs"]) == 46);
    pause(100);
    // Beside the 46 steps the actor is created, and begins.
    let commits = commits() - before;
    assert!((47..=50).contains(&commits), "{commits}");
}

#[test]
fn whoever_sleeps_wakes_in_time_and_the_actor_sleeps_meanwhile() {
    with_an_actor("sleeper", "sleeps", &json!(1_500), |host, driver, actor| {
        let id = driver.resolve(actor).unwrap();
        let asleep =
            |host: &Host| host.http().get(&format!("/actors/{id}/awake")).json()["state"] == "asleep";
        let until = Instant::now() + PATIENCE;
        while !asleep(host) {
            assert!(Instant::now() < until, "it does not sleep");
            pause(10);
        }
        // Nobody asks meanwhile.
        pause(3_500);
        let seen = look_until(driver, actor, |seen| len(&seen["atMs"]) == 4);
        let at_ms: Vec<u64> = seen["atMs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|at| at.as_u64().unwrap() - seen["atMs"][0].as_u64().unwrap())
            .collect();
        for (at_ms, expect_ms) in at_ms.iter().zip([0, 1_500, 3_000, 3_000]) {
            assert!((expect_ms..expect_ms + 400).contains(at_ms), "{at_ms} ms, not {expect_ms}");
        }
        assert!(seen["generation"].as_u64().unwrap() >= 3, "{seen}");
    });
}

#[test]
fn messages_are_received_by_name_in_time_and_answered() {
    with_an_actor("desk", "messages", &Value::Null, |_, driver, actor| {
        for (queue, body) in [("other", "x"), ("other", "y"), ("other", "z"), ("approve", "yes")] {
            driver.publish(actor, queue, json!(body)).unwrap();
        }
        let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 4);
        assert_eq!(seen["seen"], json!([["approve", "yes"], ["x", "y"], 0, ["queue", "timed_out"]]));
        for body in ["first", "last"] {
            let sent = driver.publish_and_wait(actor, "job", json!(body), Some(60_000)).unwrap();
            assert_eq!((&sent["status"], &sent["response"]), (&json!("completed"), &json!({ "done": body })));
        }
        let seen = driver.output(actor, "look", json!([]));
        let refused = "previous_message_not_completed";
        assert_eq!(
            seen["seen"].as_array().unwrap()[4..],
            [json!(["first", refused]), json!(["last", refused])]
        );
    });
}

#[test]
fn branches_join_and_race() {
    with_an_actor("branches", "branches", &Value::Null, |_, driver, actor| {
        look_until(driver, actor, |seen| len(&seen["seen"]) == 4);
        driver.publish(actor, "go", json!({ "n": 3 })).unwrap();
        let seen = look_until(driver, actor, |seen| len(&seen["seen"]) == 9);
        let mut seen: Vec<Value> = seen["seen"].as_array().unwrap().clone();
        seen[..2].sort_by_key(Value::to_string);
        let half = "workflow.join_failed: the join `half`: bad: user.user_error: no";
        let lost = "workflow.race_failed: the race `lost`: only: user.user_error: no";
        let expect = json!(["a1", "b1", "b2", "a2", [1, "two", { "n": 3 }], "good", half, ["fast", 2], lost]);
        assert_eq!(json!(seen), expect);
    });
}

#[test]
fn a_workflow_that_fails_is_rolled_back_from_the_last_step_to_the_first() {
    with_an_actor("trip", "rollback", &json!(""), |_, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["events"]) == 2);
        assert_eq!(seen["seen"], json!(["flight", "car", "hotel", "undo hotel", "undo car", "undo flight"]));
        assert_eq!(seen["events"][1]["workflow"]["error"]["code"], "critical_error");
    });
    with_an_actor("trip", "careless", &json!("careless"), |_, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["events"]) == 1);
        let error = &seen["events"][0]["workflow"]["error"];
        assert_eq!((&seen["seen"], &error["code"]), (&json!([]), &json!("rollback_checkpoint_missing")));
    });
}

#[test]
fn a_handler_that_fails_is_told_of_and_tried_again_at_the_next_start() {
    with_an_actor("trip", "broken", &json!("car"), |host, driver, actor| {
        let seen = look_until(driver, actor, |seen| len(&seen["events"]) == 2);
        assert_eq!(seen["seen"], json!(["flight", "car", "hotel", "undo hotel", "undo car"]));
        assert_eq!(seen["events"][1]["rollback"]["stepName"], "car");
        driver.output(actor, "repair", json!([]));
        let id = driver.resolve(actor).unwrap();
        assert_eq!(host.http().post(&format!("/actors/{id}/sleep"), b"").status, 200);
        let seen = look_until(driver, actor, |seen| len(&seen["events"]) == 3);
        assert_eq!(
            seen["seen"].as_array().unwrap()[4..],
            [json!("undo car"), json!("undo car"), json!("undo flight")]
        );
    });
}

#[test]
fn code_may_change_under_a_workflow() {
    let host = HostOptions::new([component("workflows")]).start_deployed();
    let driver = Driver::start_all(host.url()).remove(0);
    let actors = ["goes on", "forgets"].map(|key| target(&driver, "changing", key, &Value::Null));
    for actor in &actors {
        look_until(&driver, actor, |seen| len(&seen["seen"]) == 1);
    }
    pause(100);
    let next = std::fs::read(component("workflows-next")).unwrap();
    let deployed = host.http().put("/components/workflows", &next);
    assert_eq!(deployed.status, 200, "{}", deployed.text());
    for actor in &actors {
        driver.call(actor, "crash", json!([])).unwrap_err();
        driver.publish(actor, "go", json!(1)).unwrap();
    }
    let seen = look_until(&driver, &actors[0], |seen| len(&seen["seen"]) == 2);
    assert_eq!(seen["seen"], json!(["old", "version 1"]));
    // What the code does not know any more is a fault of it, which is found at its end: the actor lives on.
    host.output().wait_for(&["workflow.history_diverged: `gone:count` is in the history"]);
    assert_eq!(driver.output(&actors[1], "look", json!([]))["seen"], json!(["old", "version 1"]));
    let new = target(&driver, "changing", "new", &Value::Null);
    driver.publish(&new, "go", json!(1)).unwrap();
    let seen = look_until(&driver, &new, |seen| len(&seen["seen"]) == 1);
    assert_eq!(seen["seen"], json!(["version 2"]));
}

#[test]
fn a_workflow_that_is_over_is_not_run_again() {
    let mut host = HostOptions::new([component("workflows")]).start_deployed();
    let over = |driver: &Driver| {
        let completed =
            target(driver, "steps", "completed", &json!({ "kind": "user", "times": 0, "tries": false }));
        let failed =
            target(driver, "steps", "failed", &json!({ "kind": "critical", "times": 1, "tries": false }));
        let completed = look_until(driver, &completed, |seen| len(&seen["seen"]) == 1);
        (completed, look_until(driver, &failed, |seen| len(&seen["events"]) == 2))
    };
    let driver = Driver::start_all(host.url()).remove(0);
    let before = over(&driver);
    host.kill();
    host.restart();
    let driver = Driver::start_all(host.url()).remove(0);
    assert_eq!(over(&driver), before);
    host.output()
        .wait_for(&["the workflow has failed, and is not run again: workflow.critical_error: it is broken"]);
}
