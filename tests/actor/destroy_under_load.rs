//! An actor that is destroyed while it is called: handles by key go on with the next actor of the key.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use support::Host;

use crate::{found, host};

const CALLERS: usize = 8;
const ENDS: usize = 25;
/// How often the next actor of the key is looked for before the test is given up.
const LOOKS: usize = 10_000;

/// The counts that each actor, by its id, has acknowledged.
type Counts = Mutex<BTreeMap<String, Vec<u64>>>;

#[test]
fn callers_by_key_go_on() {
    let host = host();
    let (counts, over) = (Counts::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| call_until(&host, &counts, &over));
        }
        for _ in 0..ENDS {
            end_one(&host, &counts);
        }
        over.store(true, Ordering::SeqCst);
    });
    let last = found(&host, "mortal", "a").pop().map(|actor| actor["actor_id"].as_str().unwrap().to_owned());
    let mut counts = counts.into_inner().unwrap();
    assert!(counts.len() >= ENDS, "only {} actors answered", counts.len());
    for (id, counts) in &mut counts {
        counts.sort_unstable();
        let expected: Vec<u64> = (1..=counts.len() as u64).collect();
        assert_eq!(*counts, expected, "{id} lost or doubled a count");
    }
    let acknowledged = last.and_then(|id| counts.get(&id)).map_or(0, Vec::len);
    assert_eq!(host.actor("mortal", "a").output("add", json!([])), acknowledged + 1);
}

fn call_until(host: &Host, counts: &Counts, over: &AtomicBool) {
    let actor = host.actor("mortal", "a");
    while !over.load(Ordering::SeqCst) {
        let answer = actor.call("add", json!([]));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let id = answer.header("x-rivet-actor").expect("the answer names its actor").to_owned();
        counts.lock().unwrap().entry(id).or_default().push(answer.json()["output"].as_u64().unwrap());
    }
}

/// Ends the actor that the key has, once it has answered.
fn end_one(host: &Host, counts: &Counts) {
    let answered = |_| {
        let found = found(host, "mortal", "a").pop()?;
        let id = found["actor_id"].as_str().unwrap().to_owned();
        counts.lock().unwrap().contains_key(&id).then_some(id)
    };
    let id = (0..LOOKS).find_map(answered).expect("an actor of the key answers");
    let path = format!("/actors/{id}?namespace=default");
    let ended = host.http().delete(&path);
    assert_eq!(ended.status, 200, "{}", ended.text());
    let now = found(host, "mortal", "a").pop();
    assert!(now.is_none_or(|actor| actor["actor_id"] != id.as_str()), "the key still leads to {id}");
}
