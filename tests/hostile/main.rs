//! Guests that misbehave: the host says what happened, and serves everyone else meanwhile.

mod budgets;
mod floods;
mod half_turns;
mod replies;
mod sql;
mod starts;
mod uploads;

use serde_json::json;
use support::{Answer, Host, component, example};

/// A host that serves a hostile guest beside a counter that has counted to 1.
fn host_with(guest: &str) -> Host {
    let host = Host::start([component(guest), example("counter")]);
    assert_eq!(host.actor("counter", "bystander").output("increment", json!([1])), 1);
    host
}

/// The counter that stands by still answers.
fn bystander_answers(host: &Host) {
    assert_eq!(host.actor("counter", "bystander").output("get", json!([])), 1);
}

/// The answer to a turn that trapped: the caller learns that, and nothing of the inside.
fn assert_panicked(answer: &Answer) {
    assert_eq!(answer.error(), "actor.panicked");
    assert_eq!(answer.status, 500);
    let body = answer.json();
    assert_eq!(body["message"], "An internal error occurred");
    assert!(body.get("metadata").is_none_or(serde_json::Value::is_null), "{body}");
}
