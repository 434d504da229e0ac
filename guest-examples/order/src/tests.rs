use std::time::Duration;

use rivet_guest::testing::TestActor;
use serde_json::json;

use crate::{Order, Phase, Status};

fn order(amount: f64) -> TestActor<Order> {
    TestActor::create_with(json!({ "item": "book", "amount": amount })).unwrap()
}

fn status(order: &mut TestActor<Order>) -> (Phase, u32, bool) {
    let Status { phase, charge_attempts, released } = order.call("status", ()).unwrap();
    (phase, charge_attempts, released)
}

#[test]
fn an_order_is_shipped_when_it_is_approved() {
    let mut order = order(20.0);
    assert_eq!(status(&mut order), (Phase::Reserved, 0, false));
    order.advance(Duration::from_millis(200));
    assert_eq!(status(&mut order), (Phase::Reserved, 2, false));
    order.advance(Duration::from_secs(60));
    assert_eq!(status(&mut order), (Phase::Waiting, 3, false));
    order.publish("approve", true).unwrap();
    order.advance(Duration::ZERO);
    assert_eq!(status(&mut order), (Phase::Shipped, 3, false));
    assert_eq!(order.workflow_state().as_deref(), Some("completed"));
}

#[test]
fn what_is_too_expensive_is_released() {
    let mut order = order(1_000.5);
    order.advance(Duration::from_secs(1));
    assert_eq!(status(&mut order), (Phase::Failed, 1, true));
    let error = "workflow.critical_error: 1000.5 for book is too much";
    assert_eq!(order.workflow_error().as_deref(), Some(error));
}

#[test]
fn what_nobody_approves_is_released() {
    let mut order = order(1_000.0);
    order.advance(Duration::from_secs(9 * 60));
    assert_eq!(status(&mut order), (Phase::Waiting, 3, false));
    order.advance(Duration::from_secs(2 * 60));
    assert_eq!(status(&mut order), (Phase::Failed, 3, true));
}

#[test]
fn wherever_it_starts_anew_it_comes_to_the_same_end() {
    for turns in 0..12 {
        let mut order = order(20.0);
        order.publish("approve", true).unwrap();
        for _ in 0..turns {
            order.step();
        }
        order.restart().unwrap();
        order.advance(Duration::from_secs(60));
        assert_eq!(status(&mut order), (Phase::Shipped, 3, false), "after {turns} turns");
    }
}
