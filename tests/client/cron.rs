//! Recurring schedules, as clients see them: the shapes and the rules of rivetkit 2.3.19 (semantics.md section 11).

use std::time::Duration;

use serde_json::{Value, json};
use support::{Driver, HostOptions, component};

use crate::schedule::now_ms;
use crate::{get_or_create, with_every_client};

fn planner(driver: &Driver, key: &str) -> Value {
    get_or_create(driver, "planner", key)
}

#[test]
fn jobs_are_told_by_when_they_are_due() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "jobs"));
        let set = |job: Value| driver.output(&planner, "cron.set", json!([job]));
        set(json!({ "name": "j", "expression": "0 0 29 2 *", "action": "fire", "args": ["c"] }));
        let before_ms = now_ms();
        set(json!({ "name": "ev", "interval": 3_600_000, "action": "fire" }));
        let listed = driver.output(&planner, "cron.list", json!([]));
        let next_ms = listed[0]["nextRunAt"].as_u64().unwrap();
        assert!((before_ms + 3_600_000..=now_ms() + 3_600_000).contains(&next_ms), "{client}: {listed}");
        let every = json!({ "name": "ev", "kind": "every", "action": "fire", "args": [], "nextRunAt": next_ms,
            "maxHistory": 100, "interval": 3_600_000 });
        let leap_ms = listed[1]["nextRunAt"].as_u64().unwrap();
        let cron = json!({ "name": "j", "kind": "cron", "action": "fire", "args": ["c"], "nextRunAt": leap_ms,
            "maxHistory": 100, "expression": "0 0 29 2 *", "timezone": "UTC" });
        assert_eq!(listed, json!([every, cron]), "{client}");
        assert!(leap_ms.is_multiple_of(86_400_000), "{client}: midnight in UTC");
        assert_eq!(driver.output(&planner, "cron.get", json!(["ev"])), every, "{client}");
        assert_eq!(driver.output(&planner, "cron.get", json!(["nobody"])), Value::Null, "{client}");
        assert_eq!(driver.output(&planner, "cron.history", json!(["ev"])), json!([]), "{client}");
        assert_eq!(driver.output(&planner, "cron.delete", json!(["ev"])), true, "{client}");
        assert_eq!(driver.output(&planner, "cron.delete", json!(["ev"])), false, "{client}");
        assert_eq!(driver.output(&planner, "cron.list", json!([])), json!([cron]), "{client}");
    });
}

#[test]
fn a_time_zone_has_its_own_midnight() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "zones"));
        let next_ms = |zone: &str| {
            let job = json!({ "name": zone, "expression": "0 0 1 1 *", "timezone": zone, "action": "fire" });
            driver.output(&planner, "cron.set", json!([job]));
            let job = driver.output(&planner, "cron.get", json!([zone]));
            assert_eq!(job["timezone"], zone, "{client}");
            job["nextRunAt"].as_u64().unwrap()
        };
        // On the first of January it is winter in Berlin; Kathmandu knows no summer time.
        let utc_ms = next_ms("UTC");
        assert_eq!(next_ms("Europe/Berlin") % 86_400_000, (utc_ms - 3_600_000) % 86_400_000, "{client}");
        assert_eq!(next_ms("Asia/Kathmandu") % 86_400_000, (utc_ms - 20_700_000) % 86_400_000, "{client}");
    });
}

#[test]
fn a_name_is_set_again_and_keeps_its_time_with_its_cadence() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "again"));
        let set = |interval: u64, action: &str| {
            let job = json!({ "name": "a", "interval": interval, "action": action, "maxHistory": 7 });
            driver.output(&planner, "cron.set", json!([job]));
            driver.output(&planner, "cron.get", json!(["a"]))
        };
        let first = set(3_600_000, "one");
        std::thread::sleep(Duration::from_millis(5));
        let second = set(3_600_000, "two");
        assert_eq!(second["nextRunAt"], first["nextRunAt"], "{client}");
        assert_eq!((&second["action"], &second["maxHistory"]), (&json!("two"), &json!(7)), "{client}");
        let third = set(3_600_001, "two");
        assert!(third["nextRunAt"].as_u64() > first["nextRunAt"].as_u64(), "{client}");
        assert_eq!(driver.output(&planner, "cron.list", json!([])), json!([third]), "{client}");
    });
}

#[test]
fn what_is_wrong_is_named() {
    with_every_client(|_, driver| {
        let (client, planner) = (driver.client(), planner(driver, "wrong"));
        let refused = |job: Value| driver.call(&planner, "cron.set", json!([job])).unwrap_err();
        let fast = refused(json!({ "name": "a", "interval": 10, "action": "fire" }));
        assert_eq!(fast.path, "schedule.invalid_interval", "{client}");
        assert_eq!(fast.message, "Schedule interval must be at least 5000 ms; received 10 ms.", "{client}");
        if client.version != "rust" {
            assert_eq!(fast.metadata, json!({ "interval_ms": 10, "minimum_ms": 5_000 }), "{client}");
        }
        for (job, path) in [
            (json!({ "name": "", "interval": 5_000, "action": "fire" }), "schedule.invalid_name"),
            (
                json!({ "name": "x".repeat(129), "interval": 5_000, "action": "fire" }),
                "schedule.invalid_name",
            ),
            (
                json!({ "name": "a", "expression": "* * *", "action": "fire" }),
                "schedule.invalid_cron_expression",
            ),
            (
                json!({ "name": "a", "expression": "0 0 30 2 *", "action": "fire" }),
                "schedule.invalid_cron_expression",
            ),
            (
                json!({ "name": "a", "expression": "* * * * *", "timezone": "Mars/Base", "action": "fire" }),
                "schedule.invalid_timezone",
            ),
            (
                json!({ "name": "a", "interval": 5_000, "maxHistory": 1_001, "action": "fire" }),
                "schedule.invalid_max_history",
            ),
        ] {
            assert_eq!(refused(job).path, path, "{client}");
        }
        assert_eq!(driver.output(&planner, "cron.list", json!([])), json!([]), "{client}: nothing was set");
    });
}

/// What the jobs of a planner are, by name, and what its client expects of the first ten seconds.
const JOBS: [(&str, &str, i64); 4] =
    [("ok", "fire", -1), ("fails", "fail", -1), ("missing", "noSuchAction", -1), ("slow", "dawdle", 7_000)];

#[test]
fn jobs_run_on_their_anchor_and_have_a_history() {
    let host = HostOptions::new([component("schedules")]).start_deployed();
    let drivers = Driver::start_all(host.url());
    // All of them at once, because the shortest interval is long.
    for driver in &drivers {
        for (name, action, arg) in JOBS {
            let args: Vec<i64> = (arg >= 0).then_some(arg).into_iter().collect();
            let job = json!({ "name": name, "interval": 5_000, "action": action, "args": args });
            driver.output(&planner(driver, "runs"), "cron.set", json!([job]));
        }
    }
    std::thread::sleep(Duration::from_millis(11_000));
    for driver in &drivers {
        check_history(driver, &planner(driver, "runs"));
    }
}

fn check_history(driver: &Driver, planner: &Value) {
    let client = driver.client();
    let history = |name: &str| driver.output(planner, "cron.history", json!([name]));
    let results = |name: &str| -> Vec<String> {
        let history = history(name).as_array().unwrap().clone();
        history.iter().map(|fire| fire["result"].as_str().unwrap().to_owned()).collect()
    };
    let ok = history("ok");
    let newest = &ok[0];
    let number = |field: &str| newest[field].as_u64().unwrap();
    let expected = json!({ "action": "fire", "scheduledAt": number("scheduledAt"), "firedAt": number("firedAt"),
        "finishedAt": number("finishedAt"), "result": "ok" });
    assert_eq!(*newest, expected, "{client}");
    assert_eq!(
        results("ok").iter().filter(|result| *result == "ok").count(),
        results("ok").len(),
        "{client}"
    );
    assert!(results("ok").len() >= 2, "{client}: {ok}");
    assert_eq!(number("scheduledAt") - ok[1]["scheduledAt"].as_u64().unwrap(), 5_000, "{client}: {ok}");
    let one = driver.output(planner, "cron.history", json!(["ok", { "limit": 1 }]));
    assert_eq!(one, json!([newest]), "{client}");
    let job = driver.output(planner, "cron.get", json!(["ok"]));
    assert_eq!(job["lastRunAt"], newest["firedAt"], "{client}");
    assert_eq!(job["nextRunAt"].as_u64().unwrap(), number("scheduledAt") + 5_000, "{client}");
    let failed = json!({ "group": "user", "code": "failed", "message": "It fails.", "metadata": 7 });
    let fails = history("fails");
    assert_eq!((&fails[0]["result"], &fails[0]["error"]), (&json!("error"), &failed), "{client}");
    assert_eq!(
        driver.output(planner, "cron.get", json!(["missing"])),
        Value::Null,
        "{client}: it is deleted"
    );
    assert_eq!(history("missing")[0]["error"]["code"], "action_not_found", "{client}");
    assert_eq!(results("slow").first().map(String::as_str), Some("skipped"), "{client}: {}", history("slow"));
    let info = driver
        .output(planner, "done", json!([]))
        .as_array()
        .unwrap()
        .iter()
        .rfind(|done| done[0]["name"] == "ok" && done[0]["firedAt"] == newest["firedAt"])
        .cloned();
    let expected = json!([{ "kind": "every", "id": "ok", "name": "ok", "scheduledAt": number("scheduledAt"),
        "firedAt": number("firedAt") }]);
    assert_eq!(info, Some(expected), "{client}");
}
