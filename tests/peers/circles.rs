//! A call that could only be answered once it is answered itself is refused at once, and no other one is.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::Host;

use crate::{host, id, peer, wait_until_answering, way};

/// Time enough for an error at once, and far less than the time-out of an action (2 s).
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// Sends a peer on a way: its output, or the error with its message.
fn go(host: &Host, key: &str, action: &str, stops: &[(&str, &str)]) -> Result<Value, (String, String)> {
    let began = Instant::now();
    let answer = peer(host, key).call(action, json!([way(stops)]));
    assert!(began.elapsed() < AT_ONCE, "{key} {action} {stops:?}: {:?}", began.elapsed());
    match answer.status {
        200 => Ok(answer.json()["output"].clone()),
        _ => Err((answer.error(), answer.json()["message"].as_str().unwrap().to_owned())),
    }
}

/// The way is refused, and the chain is told.
fn refused(host: &Host, key: &str, action: &str, stops: &[(&str, &str)], chain: &str) {
    let (path, message) = go(host, key, action, stops).unwrap_err();
    assert_eq!(path, "actor.deadlock", "{stops:?}");
    assert!(message.ends_with(chain), "{message} is not {chain}");
}

#[test]
fn chains_that_come_back_to_who_is_alone_are_refused() {
    let host = host();
    refused(&host, "a", "goAlone", &[("a", "goAlone")], "peer a -> peer a");
    refused(&host, "a", "goAlone", &[("a", "goBeside")], "peer a -> peer a");
    refused(&host, "a", "goAlone", &[("b", "goAlone"), ("a", "goBeside")], "peer b -> peer a -> peer b");
    for between in ["goAlone", "goBeside", "goFree"] {
        let stops = [("b", between), ("c", between), ("a", "goBeside")];
        refused(&host, "a", "goAlone", &stops, "peer c -> peer a -> peer b -> peer c");
    }
    // Whom only others that look are beside keeps out those who want it alone.
    refused(&host, "a", "goBeside", &[("a", "goAlone")], "peer a -> peer a");
    // Nothing is left of it.
    assert_eq!(go(&host, "a", "goAlone", &[("b", "goAlone")]), Ok(json!(["a", "b"])));
}

#[test]
fn chains_that_come_back_to_who_keeps_nobody_out_are_answered() {
    let host = host();
    for (first, last) in
        [("goFree", "goAlone"), ("goFree", "goBeside"), ("goBeside", "goBeside"), ("goAlone", "goFree")]
    {
        let stops = [("b", "goAlone"), ("c", "goAlone"), ("a", last)];
        // One who is alone takes nobody, however free they are.
        if first == "goAlone" {
            let (path, _) = go(&host, "a", first, &stops).unwrap_err();
            assert_eq!(path, "actor.deadlock");
        } else {
            assert_eq!(go(&host, "a", first, &stops), Ok(json!(["a", "b", "c", "a"])), "{first} {last}");
        }
    }
    assert_eq!(go(&host, "a", "goFree", &[("a", "goFree"), ("a", "goAlone")]), Ok(json!(["a", "a", "a"])));
}

#[test]
fn two_that_call_each_other_at_once_do_not_wait_for_each_other() {
    let host = host();
    for round in 0..30 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        peer(&host, &a).output("count", json!([]));
        peer(&host, &b).output("count", json!([]));
        let (there, back) = std::thread::scope(|scope| {
            let there = scope.spawn(|| go(&host, &a, "goAlone", &[(&b, "goAlone")]));
            let back = scope.spawn(|| go(&host, &b, "goAlone", &[(&a, "goAlone")]));
            (there.join().unwrap(), back.join().unwrap())
        });
        // One of them may be refused, not both.
        let refused: Vec<_> = [&there, &back].into_iter().filter_map(|went| went.as_ref().err()).collect();
        assert!(refused.len() < 2, "{there:?} {back:?}");
        assert!(refused.iter().all(|(path, _)| path == "actor.deadlock"), "{refused:?}");
    }
}

#[test]
fn a_start_that_waits_for_itself_is_refused_at_once() {
    let host = host();
    let began = Instant::now();
    assert_eq!(host.actor("early", "e").output("seen", json!([])), json!(["actor.deadlock"]));
    // A start would be given up after 30 s.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[test]
fn who_waits_behind_others_is_answered_in_the_end() {
    let host = host();
    std::thread::scope(|scope| {
        for caller in 0..20 {
            let host = &host;
            scope.spawn(move || {
                let stops = [("m", "goAlone"), ("n", "goAlone")];
                assert!(go(host, &format!("caller {caller}"), "goAlone", &stops).is_ok());
            });
        }
    });
}

#[test]
fn who_was_answered_waits_for_nobody() {
    let host = host();
    for round in 0..30 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        peer(&host, &a).output("count", json!([]));
        peer(&host, &b).output("count", json!([]));
        std::thread::scope(|scope| {
            // While `b` is busy, `a` comes to stand in its line, and behind that somebody who asks `a` back.
            scope.spawn(|| peer(&host, &b).output("slowAlone", json!([100])));
            wait_until_answering(&host, &b, 1);
            scope.spawn(|| assert!(go(&host, &a, "goAlone", &[(&b, "goBeside")]).is_ok()));
            wait_until_answering(&host, &b, 2);
            scope.spawn(|| assert!(go(&host, &b, "goAlone", &[(&a, "goBeside")]).is_ok()));
        });
    }
}

#[test]
fn a_call_back_to_who_falls_asleep_meanwhile_is_refused_at_once() {
    let host = host();
    let way = [("b", "goLate"), ("a", "goBeside")];
    assert_eq!(go(&host, "a", "goFree", &way), Ok(json!(["a", "b", "a"])));
    std::thread::scope(|scope| {
        let gone = scope.spawn(|| go(&host, "a", "goFree", &way));
        wait_until_answering(&host, "b", 1);
        let slept = host.http().post(&format!("/actors/{}/sleep", id(&host, "a")), b"");
        assert_eq!(slept.status, 200);
        let (path, message) = gone.join().unwrap().unwrap_err();
        assert_eq!(path, "actor.deadlock");
        assert!(message.ends_with("peer b -> peer a -> peer b"), "{message}");
    });
    assert_eq!(go(&host, "a", "goFree", &way), Ok(json!(["a", "b", "a"])));
    // The call leaves after its commit, when the actor has begun to sleep already.
    let (path, _) = go(&host, "a", "goAndSleep", &way).unwrap_err();
    assert_eq!(path, "actor.deadlock");
}

#[test]
fn of_a_long_chain_the_ends_are_told() {
    let host = host();
    let keys: Vec<String> = (1..40).map(|number| format!("p{number}")).collect();
    let mut way: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "goAlone")).collect();
    way.push(("p0", "goAlone"));
    let (path, message) = go(&host, "p0", "goAlone", &way).unwrap_err();
    assert_eq!(path, "actor.deadlock");
    assert!(message.contains(": peer p39 -> peer p0 -> peer p1 -> "), "{message}");
    assert!(message.ends_with(" -> 8 more -> peer p39"), "{message}");
}
