use rivet_guest::testing::TestActor;
use rivet_guest::{Result, to_cbor};
use serde_json::json;

use super::Counter;

fn counter() -> TestActor<Counter> {
    TestActor::create_with(json!({"start": 10})).unwrap()
}

#[test]
fn counts() {
    let mut counter = counter();
    assert_eq!(counter.call::<i64>("increment", ()).unwrap(), 11);
    assert_eq!(counter.call::<i64>("increment", [-4]).unwrap(), 7);
    assert_eq!(counter.call::<i64>("get", ()).unwrap(), 7);
    counter.call::<()>("reset", ()).unwrap();
    assert_eq!(counter.call::<i64>("get", ()).unwrap(), 0);
    assert_eq!(counter.call::<i64>("increment", [i64::MAX]).unwrap(), i64::MAX);
    assert_eq!(counter.call::<i64>("increment", ()).unwrap_err().code(), "overflow");
}

#[test]
fn tells_who_listens_of_each_increment() {
    let mut counter = counter();
    let (listener, bystander) = (counter.connect(()).unwrap(), counter.connect(()).unwrap());
    listener.subscribe("newCount").unwrap();
    counter.call::<i64>("increment", ()).unwrap();
    bystander.call::<i64>("increment", [4]).unwrap();
    assert_eq!(listener.received().unwrap(), [("newCount".to_owned(), [11]), ("newCount".to_owned(), [15])]);
    assert!(bystander.received::<[i64; 1]>().unwrap().is_empty());
}

#[test]
fn starts_at_zero_without_input() {
    let mut counter = TestActor::<Counter>::create().unwrap();
    assert_eq!(counter.call::<i64>("get", ()).unwrap(), 0);
}

#[test]
fn hits_live_in_memory_only() {
    let mut counter = counter();
    counter.call::<i64>("get", ()).unwrap();
    let _: Result<()> = counter.call("fail", ("a", "b"));
    assert_eq!(counter.call::<u64>("hits", ()).unwrap(), 3);
    counter.restart().unwrap();
    assert_eq!(counter.call::<u64>("hits", ()).unwrap(), 1);
    assert_eq!(counter.call::<i64>("get", ()).unwrap(), 10);
}

#[test]
fn fails_as_told() {
    let error = counter().call::<()>("fail", ("teapot", "short and stout")).unwrap_err();
    assert_eq!(error.to_string(), "user.teapot: short and stout");
    assert_eq!(error.metadata(), Some(&to_cbor(&json!({"count": 10})).unwrap()[..]));
}

#[test]
fn tells_who_it_is() {
    let identity: serde_json::Value = counter().call("whoami", ()).unwrap();
    assert_eq!(identity["name"], "counter");
    assert_eq!(identity["key"], json!(["test"]));
    assert!(identity["actorId"].is_string());
}

#[test]
#[should_panic(expected = "crash() was called")]
fn crashes() {
    let _: Result<()> = counter().call("crash", ());
}
