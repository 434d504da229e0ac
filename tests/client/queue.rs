//! Queues (semantics.md section 10).

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Actor, Driver, Host, HostOptions, component, example};

use crate::with_each_client_of;

/// Checks a property with every client, each with a post office of its own.
fn with_an_office(name: &str, check: impl Fn(&Host, &Driver, &Value)) {
    let options = HostOptions::new([component("queues")]);
    with_each_client_of(options, |host, driver| {
        let key = format!("{name} {}", driver.client());
        check(host, driver, &json!({ "actor": "post-office", "by": "getOrCreate", "key": [key] }));
    });
}

/// The same post office for somebody else, at the same time.
fn somebody(host: &Host, office: &Value) -> Actor {
    host.actor("post-office", office["key"][0].as_str().unwrap())
}

/// Messages by their numbers and bodies.
fn numbered(messages: &Value) -> Vec<(u64, Value)> {
    let messages = messages.as_array().unwrap_or_else(|| panic!("no messages: {messages}"));
    messages.iter().map(|message| (message["id"].as_u64().unwrap(), message["body"].clone())).collect()
}

fn undefined() -> Value {
    json!({ "$undefined": true })
}

#[test]
fn a_message_that_is_sent_is_returned_and_received_once() {
    with_an_office("sends", |_, driver, office| {
        let sent = driver.output(office, "send", json!(["letters", { "to": "ann" }]));
        assert_eq!(
            (&sent["id"], &sent["name"], &sent["body"]),
            (&json!(1), &json!("letters"), &json!({ "to": "ann" }))
        );
        let received = driver.output(office, "tryNext", json!([{}]));
        for field in ["id", "name", "body", "createdAt"] {
            assert_eq!(received[field], sent[field], "{field}");
        }
        assert_eq!(received["attempts"], 1);
        assert_eq!(driver.output(office, "tryNext", json!([{}])), Value::Null);
        // Numbers are never used twice.
        assert_eq!(driver.output(office, "send", json!(["letters", 2]))["id"], 2);
    });
}

#[test]
fn clients_send_and_the_oldest_comes_first_across_names() {
    with_an_office("order", |_, driver, office| {
        for (queue, body) in [("letters", 1), ("parcels", 2), ("letters", 3)] {
            assert_eq!(driver.publish(office, queue, json!(body)).unwrap(), undefined());
        }
        let batch = driver.output(office, "nextBatch", json!([{ "names": ["letters", "parcels"] }, 2]));
        assert_eq!(numbered(&batch), [(1, json!(1)), (2, json!(2))]);
        let batch = driver.output(office, "nextBatch", json!([{}, 10]));
        assert_eq!(numbered(&batch), [(3, json!(3))]);
    });
}

#[test]
fn names_are_a_filter_of_any_of_them() {
    with_an_office("names", |_, driver, office| {
        for (name, body) in [("a", 1), ("b", 2), ("c", 3)] {
            driver.output(office, "send", json!([name, body]));
        }
        let batch = driver.output(office, "nextBatch", json!([{ "names": ["c", "a"] }, 10]));
        assert_eq!(numbered(&batch), [(1, json!(1)), (3, json!(3))]);
        assert_eq!(driver.output(office, "tryNext", json!([{ "names": ["a"] }])), Value::Null);
        assert_eq!(driver.output(office, "tryNext", json!([{ "names": ["b"] }]))["body"], 2);
    });
}

#[test]
fn a_wait_ends_with_a_message_or_with_its_time() {
    with_an_office("waits", |host, driver, office| {
        assert_eq!(driver.output(office, "next", json!([{ "timeout": 10 }])), Value::Null);
        assert_eq!(driver.output(office, "nextBatch", json!([{ "timeout": 10 }, 3])), json!([]));
        let error =
            driver.call(office, "waitForNames", json!([{ "names": ["x"], "timeout": 10 }])).unwrap_err();
        assert_eq!(error.path, "queue.timed_out");
        let error = driver.call(office, "waitForAvailable", json!([{ "timeout": 10 }])).unwrap_err();
        assert_eq!(error.path, "queue.timed_out");
        // It waits for ever, if need be.
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(50));
                somebody(host, office).output("send", json!(["letters", "at last"]));
            });
            assert_eq!(driver.output(office, "next", json!([{}]))["body"], "at last");
        });
    });
}

#[test]
fn to_see_that_a_message_is_there_does_not_take_it() {
    with_an_office("available", |_, driver, office| {
        driver.publish(office, "letters", json!(1)).unwrap();
        driver.output(office, "waitForAvailable", json!([{ "names": ["letters"], "timeout": 5_000 }]));
        assert_eq!(driver.output(office, "waitForNames", json!([{ "names": ["letters"] }]))["body"], 1);
        assert_eq!(driver.output(office, "tryNext", json!([{}])), Value::Null);
    });
}

#[test]
fn a_sender_waits_for_the_response() {
    with_an_office("responses", |host, driver, office| {
        for response in [json!({ "doubled": 42 }), Value::Null] {
            let expected = response.clone();
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    let clerk = somebody(host, office);
                    let received = clerk.output("next", json!([{ "completable": true }]));
                    assert_eq!(received["body"], 21);
                    clerk.output("complete", if response.is_null() { json!([]) } else { json!([response]) });
                });
                let sent = driver.publish_and_wait(office, "letters", json!(21), Some(60_000)).unwrap();
                assert_eq!(sent["status"], "completed");
                // Null stands for none with clients that always give the field.
                assert_eq!(sent.get("response").unwrap_or(&Value::Null), &expected, "{sent}");
            });
        }
    });
}

#[test]
fn a_sender_that_waits_in_vain_is_told_so() {
    with_an_office("in-vain", |_, driver, office| {
        let began = Instant::now();
        let sent = driver.publish_and_wait(office, "letters", json!(1), Some(200)).unwrap();
        assert_eq!(sent["status"], "timedOut", "{sent}");
        assert!(began.elapsed() >= Duration::from_millis(200));
        // The message is there all the same.
        assert_eq!(driver.output(office, "tryNext", json!([{}]))["body"], 1);
    });
}

#[test]
fn the_time_for_actions_bounds_senders_that_wait() {
    let options = HostOptions::new([component("queues")]).args(["--option", "actionTimeout=150"]);
    with_each_client_of(options, |_, driver| {
        let office =
            json!({ "actor": "post-office", "by": "getOrCreate", "key": [driver.client().to_string()] });
        for timeout_ms in [None, Some(60_000)] {
            let error = driver.publish_and_wait(&office, "letters", json!(1), timeout_ms).unwrap_err();
            // The crate tells errors of queues as text only.
            let is_it = error.path == "actor.action_timed_out" || error.message.contains("action_timed_out");
            assert!(is_it, "{}: {error:?}", driver.client());
        }
    });
}

#[test]
fn an_actor_waits_for_the_response_to_its_own_message() {
    with_an_office("own", |host, driver, office| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let clerk = somebody(host, office);
                clerk.output("next", json!([{ "completable": true }]));
                clerk.output("complete", json!(["thanks"]));
            });
            assert_eq!(driver.output(office, "enqueueAndWait", json!(["letters", 1, 60_000])), "thanks");
        });
        let error = driver.call(office, "enqueueAndWait", json!(["letters", 1, 10])).unwrap_err();
        assert_eq!(error.path, "queue.timed_out");
    });
}

#[test]
fn a_completable_message_stands_before_the_next() {
    with_an_office("completable", |_, driver, office| {
        for body in [1, 2] {
            driver.publish(office, "letters", json!(body)).unwrap();
        }
        assert_eq!(driver.output(office, "tryNext", json!([{ "completable": true }]))["body"], 1);
        for (action, args) in [("tryNext", json!([{}])), ("next", json!([{ "completable": true }]))] {
            let error = driver.call(office, action, args).unwrap_err();
            assert_eq!(error.path, "queue.previous_message_not_completed", "{action}");
        }
        driver.output(office, "complete", json!([]));
        let error = driver.call(office, "complete", json!([])).unwrap_err();
        assert_eq!(error.path, "queue.already_completed");
        assert_eq!(driver.output(office, "tryNext", json!([{}]))["body"], 2);
        let error = driver.call(office, "complete", json!([])).unwrap_err();
        assert_eq!(error.path, "queue.complete_not_configured");
    });
}

#[test]
fn what_is_not_completed_is_received_again_after_a_cold_start() {
    with_an_office("again", |_, driver, office| {
        driver.publish(office, "letters", json!("again")).unwrap();
        for attempt in [1, 2, 3] {
            let received = driver.output(office, "tryNext", json!([{ "completable": true }]));
            assert_eq!((&received["id"], &received["attempts"]), (&json!(1), &json!(attempt)));
            // The panic ends the instance; what the turn sent and completed was not.
            driver.call(office, "completeAndPanic", json!([])).unwrap_err();
        }
        driver.output(office, "tryNext", json!([{ "completable": true }]));
        driver.output(office, "complete", json!([]));
        assert_eq!(driver.output(office, "tryNext", json!([{}])), Value::Null);
    });
}

#[test]
fn the_limits_are_named() {
    let options = HostOptions::new([component("queues")]).args([
        "--option",
        "post-office.maxQueueSize=2",
        "--option",
        "maxQueueMessageSize=20",
    ]);
    with_each_client_of(options, |_, driver| {
        let office =
            json!({ "actor": "post-office", "by": "getOrCreate", "key": [driver.client().to_string()] });
        let long = "x".repeat(30);
        let error = driver.call(&office, "send", json!(["letters", long])).unwrap_err();
        assert_eq!(error.path, "queue.message_too_large");
        if driver.client().version != "rust" {
            // The head of a text of 30 bytes has two.
            assert_eq!(error.metadata, json!({ "size": 32, "limit": 20 }));
            let error = driver.publish(&office, "letters", json!(long)).unwrap_err();
            assert_eq!(error.path, "queue.message_too_large");
        }
        for body in [1, 2] {
            driver.publish(&office, "letters", json!(body)).unwrap();
        }
        let error = driver.call(&office, "send", json!(["letters", 3])).unwrap_err();
        assert_eq!(error.path, "queue.full");
        if driver.client().version != "rust" {
            assert_eq!(error.metadata, json!({ "limit": 2 }));
            let error = driver.publish_and_wait(&office, "letters", json!(3), Some(10)).unwrap_err();
            assert_eq!(error.path, "queue.full");
        }
        let batch = driver.output(&office, "nextBatch", json!([{}, 10]));
        assert_eq!(numbered(&batch), [(1, json!(1)), (2, json!(2))], "what was refused is not there");
    });
}

#[test]
fn a_queue_that_is_not_declared_takes_nothing_from_outside() {
    with_an_office("undeclared", |_, driver, office| {
        assert_eq!(driver.publish(office, "nowhere", json!(1)).unwrap(), undefined());
        let sent = driver.publish_and_wait(office, "nowhere", json!(1), Some(60_000)).unwrap();
        assert_eq!(sent["status"], "completed", "{sent}");
        assert_eq!(driver.output(office, "tryNext", json!([{}])), Value::Null);
    });
}

#[test]
fn an_actor_says_who_may_publish() {
    with_an_office("guarded", |_, driver, office| {
        let forbidden = driver.publish(office, "guarded", json!(1));
        let error = forbidden.unwrap_err();
        assert!(error.path == "auth.forbidden" || error.message.contains("forbidden"), "{error:?}");
        assert_eq!(driver.output(office, "tryNext", json!([{}])), Value::Null);
        let mut invited = office.clone();
        invited["params"] = json!(true);
        driver.publish(&invited, "guarded", json!(2)).unwrap();
        assert_eq!(driver.output(office, "tryNext", json!([{}]))["body"], 2);
    });
}

#[test]
fn a_job_queue_answers_every_job() {
    let options = HostOptions::new([example("job-queue")]);
    with_each_client_of(options, |_, driver| {
        let queue =
            json!({ "actor": "job-queue", "by": "getOrCreate", "key": [driver.client().to_string()] });
        let sent = driver.publish_and_wait(&queue, "jobs", json!({ "n": 21 }), None).unwrap();
        assert_eq!((&sent["status"], &sent["response"]["doubled"]), (&json!("completed"), &json!(42)));
        let sent = driver.publish_and_wait(&queue, "jobs", json!({ "n": "two" }), None).unwrap();
        assert!(sent["response"]["error"].as_str().unwrap().contains("number"), "{sent}");
        driver.publish(&queue, "jobs", json!({ "n": 1 })).unwrap();
        assert_eq!(driver.output(&queue, "processed", json!([])), 3);
    });
}
