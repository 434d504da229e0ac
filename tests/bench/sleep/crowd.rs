//! Many actors that were created and went to sleep.

use std::time::{Duration, Instant};

use support::Host;

use crate::caller::Caller;
use crate::start;

/// Those that sleep before the measurement, so that it leaves out what the first ones cost.
const FIRST: usize = 500;
const MIB: f64 = (1 << 20) as f64;
/// When the store has folded what was written, with time to spare.
const FOLDED_AFTER: Duration = Duration::from_secs(8);

/// Creates so many actors and lets them fall asleep; prints what the host takes up for them, live and asleep.
pub fn measure(count: usize) {
    let host = start(&["--option", "sleepTimeout=3000"]);
    let mut caller = Caller::connect(&host, "counter");
    fill(&mut caller, 0..FIRST);
    rest(&host);
    let before = host.resident_bytes();
    let began = Instant::now();
    fill(&mut caller, FIRST..FIRST + count);
    let created = began.elapsed();
    let live = host.metric("rivet_actors_resident");
    let most = host.resident_bytes();
    rest(&host);
    let after = host.resident_bytes();
    println!("{count} counters, each incremented once on one connection in {created:.1?}, then left alone");
    println!("  resident before          {:>8.1} MiB", before / MIB);
    println!("  with {live:>5} still awake   {:>8.1} MiB", most / MIB);
    println!("  all asleep               {:>8.1} MiB", after / MIB);
    println!("  ten thousand asleep add  {:>8.1} MiB", (after - before) / MIB * 10_000.0 / count as f64);
    println!("  snapshots                {:>8.1} KiB each", snapshot_bytes(&host) / 1024.0);
    let woken = Instant::now();
    fill(&mut caller, FIRST..FIRST + 2_000);
    println!(
        "  2,000 of them woken and incremented, one after the other: {:.0}/s",
        2_000.0 / woken.elapsed().as_secs_f64()
    );
}

fn fill(caller: &mut Caller, keys: std::ops::Range<usize>) {
    for key in keys {
        caller.call(&format!("crowd {key}"), "increment");
    }
}

/// Waits until everybody sleeps, and the store has nothing more to do.
fn rest(host: &Host) {
    while host.metric("rivet_actors_resident") > 0 {
        std::thread::sleep(Duration::from_millis(100));
    }
    std::thread::sleep(FOLDED_AFTER);
}

fn snapshot_bytes(host: &Host) -> f64 {
    let sleeps = host.metric("rivet_actor_sleeps_total{reason=\"idle\"}")
        + host.metric("rivet_actor_sleeps_total{reason=\"pressure\"}");
    host.metric("rivet_snapshot_bytes_total") as f64 / sleeps as f64
}
