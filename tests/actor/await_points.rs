//! Actions that wait: `&self` ones interleave, a `&mut self` one has the actor for itself.

use serde_json::json;

use crate::host;

const CALLERS: u64 = 8;

#[test]
fn shared_actions_interleave() {
    let host = host();
    let actor = host.actor("patient", "a");
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..3).map(|_| scope.spawn(|| actor.output("pass", json!([])))).collect();
        host.output().wait_for(&["somebody waits at the gate"]);
        actor.output("open", json!([]));
        for caller in waiting {
            assert_eq!(caller.join().unwrap(), "passed");
        }
    });
}

#[test]
fn an_exclusive_action_is_alone_while_it_waits() {
    let host = host();
    let actor = host.actor("patient", "a");
    let mut steps = std::thread::scope(|scope| {
        let steps: Vec<_> = (0..CALLERS).map(|_| scope.spawn(|| actor.output("step", json!([])))).collect();
        for _ in 0..CALLERS {
            assert_eq!(actor.output("stepping", json!([])), false, "a step was seen half done");
        }
        steps.into_iter().map(|step| step.join().unwrap().as_u64().unwrap()).collect::<Vec<_>>()
    });
    steps.sort_unstable();
    assert_eq!(steps, (1..=CALLERS).collect::<Vec<_>>(), "a step was lost");
}
