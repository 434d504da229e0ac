//! Calls between actors inside one host, beside turns that an actor has by itself there. Neither writes anything.

use std::time::Instant;

use serde_json::json;
use support::{Host, HostOptions, component};

/// Calls, or turns, of one actor in a round.
const COUNT: u64 = 5_000;
const ROUNDS: usize = 5;
/// Actors that call at the same time, each another one.
const PAIRS: [usize; 3] = [1, 8, 64];

fn main() {
    let options = HostOptions::new([component("peers")]);
    let args = ["--log", "warn", "--option", "peer.actionTimeout=600000"];
    let host = options.args(args).start();
    println!("the middle one of {ROUNDS} rounds of {COUNT} an actor; no durable writes\n");
    println!("{:>6} {:>14} {:>14} {:>12} {:>10}", "actors", "own turns/s", "calls/s", "us a call", "ratio");
    for pairs in PAIRS {
        let mut rounds = Vec::new();
        for round in 0..=ROUNDS {
            let [turn, call] = ["spin", "askMany"].map(|action| all(&host, pairs, action));
            // The first round wakes and warms.
            if round > 0 {
                rounds.push((call / turn, turn, call));
            }
        }
        // Held against the turns of its own round: what slows the machine down slows both.
        rounds.sort_by(|(one, ..), (other, ..)| one.total_cmp(other));
        let (ratio, turn, call) = rounds[ROUNDS / 2];
        println!("{pairs:>6} {:>14.0} {:>14.0} {:>12.1} {ratio:>10.1}", 1.0 / turn, 1.0 / call, call * 1e6,);
    }
}

/// Seconds that each of what all actors do together takes.
fn all(host: &Host, pairs: usize, action: &str) -> f64 {
    let began = Instant::now();
    std::thread::scope(|scope| {
        for pair in 0..pairs {
            let actor = host.actor("peer", &format!("caller {pair}"));
            scope.spawn(move || {
                let args =
                    if action == "spin" { json!([COUNT]) } else { json!([format!("called {pair}"), COUNT]) };
                assert_eq!(actor.output(action, args), COUNT);
            });
        }
    });
    began.elapsed().as_secs_f64() / (pairs as f64 * COUNT as f64)
}
