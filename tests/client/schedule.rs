//! Schedules, as clients see them: the shapes and the rules of rivetkit 2.3.19 (semantics.md section 11).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use support::Driver;

use crate::{get_or_create, with_every_client};

/// A planner of its own for each client.
fn planner(driver: &Driver, key: &str) -> Value {
    get_or_create(driver, "planner", key)
}

pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// What has run, once so much has.
pub fn done(driver: &Driver, planner: &Value, count: usize) -> Vec<Value> {
    for _ in 0..1_000 {
        let done = driver.output(planner, "done", json!([])).as_array().unwrap().clone();
        if done.len() >= count {
            return done;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{}: {count} things have not run", driver.client());
}

#[test]
fn after_and_at_give_an_id_that_get_and_list_know() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "lists"));
        let at_ms = now_ms() + 3_600_000;
        let args = json!(["x", { "a": 1 }]);
        let at = driver.output(&planner, "at", json!([at_ms + 1_000_000, "fire", []]));
        let before_ms = now_ms();
        let after = driver.output(&planner, "after", json!([3_600_000, "fire", args]));
        let entry = driver.output(&planner, "get", json!([after]));
        let run_at = entry["runAt"].as_u64().unwrap();
        assert!((before_ms + 3_600_000..=now_ms() + 3_600_000).contains(&run_at), "{client}");
        assert_eq!(
            entry,
            json!({ "id": after, "action": "fire", "args": args, "runAt": run_at }),
            "{client}"
        );
        let other = json!({ "id": at, "action": "fire", "args": [], "runAt": at_ms + 1_000_000 });
        assert_eq!(driver.output(&planner, "list", json!([])), json!([entry, other]), "{client}");
        let text = after.as_str().unwrap();
        let dashes: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
        assert_eq!((text.len(), dashes), (36, vec![8, 13, 18, 23]), "{client}: {text} is no UUID");
        assert_eq!(driver.output(&planner, "get", json!(["nonsense"])), Value::Null, "{client}");
    });
}

#[test]
fn cancel_says_whether_there_was_one() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "cancels"));
        let id = driver.output(&planner, "after", json!([100, "fire", ["cancelled"]]));
        assert_eq!(driver.output(&planner, "cancel", json!([id])), true, "{client}");
        assert_eq!(driver.output(&planner, "cancel", json!([id])), false, "{client}");
        assert_eq!(driver.output(&planner, "get", json!([id])), Value::Null, "{client}");
        driver.output(&planner, "after", json!([150, "fire", ["kept"]]));
        assert_eq!(done(driver, &planner, 1)[0][0], "kept", "{client}");
    });
}

#[test]
fn an_action_is_told_what_it_runs_for() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "tells"));
        let id = driver.output(&planner, "after", json!([1_000, "fire", ["x", { "a": 1 }]]));
        let run_at = driver.output(&planner, "get", json!([id]))["runAt"].clone();
        let fired = done(driver, &planner, 1)[0].clone();
        let fired_at = fired[2]["firedAt"].as_u64().unwrap();
        let info = json!({ "kind": "at", "id": id, "scheduledAt": run_at, "firedAt": fired_at });
        assert_eq!(fired, json!(["x", { "a": 1 }, info]), "{client}");
        assert!(fired_at >= run_at.as_u64().unwrap(), "{client}: too early");
        assert_eq!(driver.output(&planner, "list", json!([])), json!([]), "{client}");
    });
}

#[test]
fn what_is_past_is_due_at_once_and_in_order() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "past"));
        driver.output(&planner, "after", json!([60, "fire", ["later"]]));
        driver.output(&planner, "at", json!([1_000, "fire", ["past"]]));
        let done = done(driver, &planner, 2);
        assert_eq!((&done[0][0], &done[1][0]), (&json!("past"), &json!("later")), "{client}");
    });
}

#[test]
fn a_scheduled_action_has_no_connection() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "connected"));
        driver.output(&planner, "connected", json!([]));
        driver.output(&planner, "after", json!([1, "connected"]));
        assert_eq!(done(driver, &planner, 2), [json!([true]), json!([false])], "{client}");
    });
}

#[test]
fn one_that_fails_is_not_tried_again() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "fails"));
        driver.output(&planner, "after", json!([1, "fail"]));
        driver.output(&planner, "after", json!([2, "noSuchAction"]));
        driver.output(&planner, "after", json!([200, "fire", ["last"]]));
        let done = done(driver, &planner, 2);
        assert_eq!((&done[0], &done[1][0]), (&json!(["fail"]), &json!("last")), "{client}");
        assert_eq!(driver.output(&planner, "list", json!([])), json!([]), "{client}");
    });
}

#[test]
fn one_does_not_wait_for_the_answer_of_another() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "together"));
        // It has the actor to itself, so that the next waits for the actor, but what is told of it says when it fired.
        driver.output(&planner, "after", json!([1, "dawdle", [200]]));
        driver.output(&planner, "after", json!([2, "fire", []]));
        let done = done(driver, &planner, 2);
        assert_eq!(done[0], json!(["dawdle"]), "{client}");
        let info = &done[1][0];
        let late_ms = info["firedAt"].as_u64().unwrap() - info["scheduledAt"].as_u64().unwrap();
        assert!(late_ms < 150, "{client}: it fired {late_ms} ms late");
    });
}

#[test]
fn there_may_be_a_thousand() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "thousand"));
        let far_ms = now_ms() + 3_600_000;
        driver.output(&planner, "scheduleMany", json!([far_ms, 1_000]));
        let error = driver.call(&planner, "after", json!([1, "fire"])).unwrap_err();
        assert_eq!(error.path, "schedule.max_schedules_exceeded", "{client}");
        assert_eq!(error.message, "Actor has reached its limit of 1000 pending schedules.", "{client}");
        let error = driver.call(&planner, "scheduleMany", json!([far_ms, 2])).unwrap_err();
        assert_eq!(error.path, "schedule.max_schedules_exceeded", "{client}");
    });
}

#[test]
fn a_reminder_is_heard_over_the_connection() {
    with_every_client(|_, driver| {
        let (client, reminder) = (driver.client(), get_or_create(driver, "reminder", "heard"));
        let connection = driver.connect(&reminder, Value::Null);
        connection.open().unwrap();
        connection.on("reminder");
        let cancelled = connection.output("remind", json!([3_600_000, "never"]));
        let id = connection.output("remind", json!([300, "tea"]));
        let pending = connection.output("pending", json!([]));
        assert_eq!((&pending[0]["id"], &pending[1]["id"]), (&id, &cancelled), "{client}");
        // The crate reads large numbers of a connection as floats in one of its encodings.
        assert!(pending[0]["run_at_ms"].as_f64().unwrap() > (now_ms() - 10_000) as f64, "{client}");
        assert_eq!(connection.output("cancel", json!([cancelled])), true, "{client}");
        assert_eq!(connection.events("reminder", 1), json!([[{ "message": "tea" }]]), "{client}");
        assert_eq!(connection.output("pending", json!([])), json!([]), "{client}");
        connection.dispose();
    });
}
