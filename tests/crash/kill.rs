//! kill -9 under load: what was acknowledged is there, and nothing is there twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};

use rand::Rng;
use serde_json::json;
use support::{Host, example, random};

const ACTORS: usize = 64;
const ROUNDS: usize = 20;
/// Acknowledged increments of a round after which the host is killed, at most.
const MOST_PER_ROUND: u64 = 3_000;

/// What a client knows of its counter.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The count that was acknowledged last.
    acknowledged: u64,
    /// Whether one more increment was sent whose answer never came.
    pending: bool,
}

#[test]
fn acknowledged_increments_survive_and_none_is_there_twice() {
    let mut random = random();
    let mut host = Host::start([example("counter")]);
    let mut known = [Known::default(); ACTORS];
    for round in 0..ROUNDS {
        let kill_after = random.random_range(1..=MOST_PER_ROUND);
        let acknowledged = load_until_killed(&mut host, &mut known, kill_after);
        assert!(acknowledged >= kill_after);
        host.restart();
        for (number, known) in known.iter_mut().enumerate() {
            settle(&host, number, known, round);
        }
    }
    let total: u64 = known.iter().map(|known| known.acknowledged).sum();
    println!("{total} increments over {ACTORS} actors, {ROUNDS} kills");
}

/// One client an actor increments without pause, until the host is killed; gives how many
/// increments were acknowledged.
fn load_until_killed(host: &mut Host, known: &mut [Known], kill_after: u64) -> u64 {
    let progress = Progress::default();
    std::thread::scope(|scope| {
        for (number, known) in known.iter_mut().enumerate() {
            let counter = host.actor("counter", &format!("crash {number}"));
            let progress = &progress;
            scope.spawn(move || {
                while !progress.killed.load(Ordering::SeqCst) {
                    known.pending = true;
                    let Ok(answer) = counter.try_call("increment", json!([1])) else { return };
                    assert_eq!(answer.status, 200, "actor {number}: {}", answer.text());
                    let count = answer.json()["output"].as_u64().unwrap();
                    assert_eq!(count, known.acknowledged + 1, "actor {number} lost or doubled a count");
                    *known = Known { acknowledged: count, pending: false };
                    progress.one_more();
                }
            });
        }
        progress.wait_for(kill_after);
        host.kill();
        progress.killed.store(true, Ordering::SeqCst);
    });
    progress.acknowledged.into_inner().unwrap()
}

/// Looks what a counter has come to, and checks it against what its client knows.
fn settle(host: &Host, number: usize, known: &mut Known, round: usize) {
    let counter = host.actor("counter", &format!("crash {number}"));
    let count = counter.output("get", json!([])).as_u64().unwrap();
    let most = known.acknowledged + u64::from(known.pending);
    assert!(
        (known.acknowledged..=most).contains(&count),
        "round {round}, actor {number}: {count} of {} acknowledged, {most} sent",
        known.acknowledged
    );
    *known = Known { acknowledged: count, pending: false };
}

/// How far a round is.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) acknowledged: Mutex<u64>,
    more: Condvar,
    pub(crate) killed: AtomicBool,
}

impl Progress {
    pub(crate) fn one_more(&self) {
        *self.acknowledged.lock().unwrap() += 1;
        self.more.notify_one();
    }

    pub(crate) fn wait_for(&self, count: u64) {
        let acknowledged = self.acknowledged.lock().unwrap();
        drop(self.more.wait_while(acknowledged, |acknowledged| *acknowledged < count).unwrap());
    }
}
