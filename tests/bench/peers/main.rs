//! Calls between actors inside one host, beside turns that an actor has by itself there. Neither writes anything.

use std::time::{Duration, Instant};

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
    println!("median of {ROUNDS} rounds of {COUNT} an actor; no durable writes\n");
    println!("{:>6} {:>14} {:>14} {:>12} {:>10}", "actors", "own turns/s", "calls/s", "us a call", "ratio");
    for pairs in PAIRS {
        let (mut turns, mut calls) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let times = [all(&host, pairs, "spin"), all(&host, pairs, "askMany")];
            // The first round wakes and warms.
            if round > 0 {
                turns.push(times[0]);
                calls.push(times[1]);
            }
        }
        let (turn, call) = (each(turns, pairs), each(calls, pairs));
        println!(
            "{pairs:>6} {:>14.0} {:>14.0} {:>12.1} {:>10.1}",
            1.0 / turn,
            1.0 / call,
            call * 1e6,
            call / turn
        );
    }
}

/// How long all actors take together.
fn all(host: &Host, pairs: usize, action: &str) -> Duration {
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
    began.elapsed()
}

/// Seconds for each, in the middle round.
fn each(mut times: Vec<Duration>, pairs: usize) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() / (pairs as f64 * COUNT as f64)
}
