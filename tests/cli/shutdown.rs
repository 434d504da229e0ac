//! SIGTERM: turns in flight finish, commit and are answered.

use serde_json::json;

use support::{Host, component};

#[test]
fn a_turn_in_flight_is_finished() {
    let mut host = Host::start([component("slow-turn")]);
    let actor = host.actor("slow-turn", "a");
    assert_eq!(actor.output("worked", json!([])), false);
    std::thread::scope(|scope| {
        let answer = scope.spawn(|| actor.output("work", json!([])));
        host.output().wait_for(&["the work begins"]);
        host.terminate();
        assert_eq!(answer.join().unwrap(), true, "the turn in flight was not answered");
    });
    assert!(host.wait().success(), "the host did not end well:\n{}", host.output().to_end());
    host.restart();
    assert_eq!(host.actor("slow-turn", "a").output("worked", json!([])), true);
}
