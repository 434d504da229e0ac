use std::time::Duration;

use rivet_guest::testing::TestActor;
use serde_json::{Value, json};

use crate::Reminder;

fn reminder() -> TestActor<Reminder> {
    TestActor::create().unwrap()
}

fn pending(reminder: &mut TestActor<Reminder>) -> Vec<Value> {
    reminder.call("pending", ()).unwrap()
}

#[test]
fn it_says_what_it_was_told_when_it_is_time() {
    let mut reminder = reminder();
    let listener = reminder.connect(()).unwrap();
    listener.subscribe("reminder").unwrap();
    let id: String = reminder.call("remind", (1_000, "tea")).unwrap();
    assert_eq!(pending(&mut reminder), [json!({ "id": id, "run_at_ms": 1_000 })]);
    reminder.advance(Duration::from_millis(999));
    assert!(listener.received::<Value>().unwrap().is_empty());
    reminder.advance(Duration::from_millis(1));
    let received = listener.received::<Value>().unwrap();
    assert_eq!(received, [("reminder".to_owned(), json!([{ "message": "tea" }]))]);
    assert!(pending(&mut reminder).is_empty());
}

#[test]
fn it_remembers_over_sleep_and_a_cold_start() {
    let mut reminder = reminder();
    reminder.call::<String>("remind", (1_000, "tea")).unwrap();
    reminder.call::<String>("remind", (2_000, "cake")).unwrap();
    reminder.sleep().unwrap();
    reminder.advance(Duration::from_secs(1));
    assert_eq!(pending(&mut reminder).len(), 1);
    reminder.restart().unwrap();
    assert_eq!(pending(&mut reminder).len(), 1);
    reminder.advance(Duration::from_secs(1));
    assert!(pending(&mut reminder).is_empty());
}

#[test]
fn what_is_cancelled_is_not_said() {
    let mut reminder = reminder();
    let listener = reminder.connect(()).unwrap();
    listener.subscribe("reminder").unwrap();
    let id: String = reminder.call("remind", (1_000, "tea")).unwrap();
    assert!(reminder.call::<bool>("cancel", [&id]).unwrap());
    assert!(!reminder.call::<bool>("cancel", [&id]).unwrap());
    reminder.advance(Duration::from_secs(2));
    assert!(listener.received::<Value>().unwrap().is_empty());
}
