//! Workflows: what each operation does, and that nobody can tell where the actor was started anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod blame;
mod blocks;
mod branches;
mod changes;
mod clocks;
mod failures;
mod hands;
mod loops;
mod messages;
mod readme;
mod restarts;
mod rollback;
mod sizes;
mod steps;
mod told_again;
mod turns;

use rivet_guest::Actor;
use rivet_guest::testing::TestActor;
use serde_json::Value;

/// What is left of a workflow that has come to rest: the actor's state, how far the workflow is, its error, its history without
/// numbers and times.
#[derive(Debug, PartialEq)]
struct Remains {
    saved: Value,
    state: String,
    output: Value,
    error: Option<String>,
    history: Vec<(String, Value)>,
}

/// Goes from turn to turn until nothing is left to be done.
fn run_out<A: Actor>(actor: &mut TestActor<A>) -> Remains {
    while actor.step() {}
    remains(actor)
}

fn remains<A: Actor>(actor: &TestActor<A>) -> Remains {
    let mut history = actor.workflow_history();
    for (_, entry) in &mut history {
        let fields = entry.as_object_mut().unwrap();
        for volatile in ["id", "createdAt", "lastAttemptAt", "completedAt", "deadline", "rollbackCompletedAt"]
        {
            if let Some(value) = fields.get_mut(volatile) {
                *value = Value::from("..");
            }
        }
        if let Some(data) = fields.get_mut("data").and_then(Value::as_object_mut) {
            data.insert("createdAt".to_owned(), Value::from(".."));
        }
    }
    Remains {
        saved: actor.saved_state().unwrap(),
        state: actor.workflow_state().unwrap(),
        output: actor.workflow_output().unwrap(),
        error: actor.workflow_error(),
        history,
    }
}

/// Runs a workflow undisturbed; then as often as it has turns, each time with a cold start after one more of them; then with a
/// cold start after each of them. Gives what is left, which is the same every time.
fn survives<A: Actor>(mut start: impl FnMut() -> TestActor<A>) -> Remains {
    let undisturbed = run_out(&mut start());
    let mut turns = 0;
    loop {
        let mut actor = start();
        let is_over = (0..turns).any(|_| !actor.step());
        actor.restart().unwrap();
        assert_eq!(run_out(&mut actor), undisturbed, "started anew after {turns} turns");
        if is_over {
            break;
        }
        turns += 1;
    }
    let mut actor = start();
    actor.restart().unwrap();
    while actor.step() {
        actor.restart().unwrap();
    }
    assert_eq!(remains(&actor), undisturbed, "started anew after each of {turns} turns");
    undisturbed
}

/// The paths of a history.
fn paths(remains: &Remains) -> Vec<&str> {
    remains.history.iter().map(|(path, _)| path.as_str()).collect()
}

/// An entry of a history.
fn entry<'a>(remains: &'a Remains, path: &str) -> &'a Value {
    &remains.history.iter().find(|(other, _)| other == path).unwrap().1
}
