use rivet_guest::testing::TestActor;
use serde_json::json;

use crate::{Answer, JobQueue};

fn processed(queue: &mut TestActor<JobQueue>) -> u64 {
    queue.call("processed", ()).unwrap()
}

#[test]
fn a_job_is_answered_with_its_double() {
    let mut queue = TestActor::<JobQueue>::create().unwrap();
    for (n, doubled) in [(21.0, 42.0), (0.5, 1.0)] {
        let sent = queue.publish("jobs", json!({ "n": n })).unwrap().unwrap();
        assert_eq!(queue.completed::<Answer>(sent).unwrap().unwrap(), Answer::Done { doubled });
    }
    assert_eq!(processed(&mut queue), 2);
}

#[test]
fn what_is_no_job_is_answered_and_not_tried_again() {
    let mut queue = TestActor::<JobQueue>::create().unwrap();
    for body in [json!({ "n": "two" }), json!({}), json!(null)] {
        let sent = queue.publish("jobs", &body).unwrap().unwrap();
        let answer = queue.completed::<Answer>(sent).unwrap().unwrap();
        assert!(matches!(answer, Answer::Refused { .. }), "{body}: {answer:?}");
    }
    assert_eq!((processed(&mut queue), queue.queue_len()), (3, 0));
}

#[test]
fn other_queues_are_not_there() {
    let mut queue = TestActor::<JobQueue>::create().unwrap();
    assert_eq!(queue.publish("other", json!({ "n": 1 })).unwrap(), None);
    assert_eq!(queue.queue_len(), 0);
}

#[test]
fn sleep_and_cold_starts_lose_no_job() {
    let mut queue = TestActor::<JobQueue>::create().unwrap();
    queue.publish("jobs", json!({ "n": 1 })).unwrap();
    queue.sleep().unwrap();
    queue.wake().unwrap();
    queue.publish("jobs", json!({ "n": 2 })).unwrap();
    queue.restart().unwrap();
    queue.publish("jobs", json!({ "n": 3 })).unwrap();
    assert_eq!((processed(&mut queue), queue.queue_len()), (3, 0));
}
