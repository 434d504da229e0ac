//! SQL as a client sees it: an insert a call, beside the floor of a log that is appended to and synced; and what a sleeping
//! actor's first query adds to its wake.

#[path = "../sleep/caller.rs"]
mod caller;
#[allow(dead_code, reason = "the floor without a log is not needed here")]
#[path = "../floor.rs"]
mod floor;
#[allow(dead_code, reason = "what each call writes is measured elsewhere")]
#[path = "../load.rs"]
mod load;
#[path = "../server.rs"]
mod server;

use std::time::Duration;

use caller::Caller;
use floor::Floor;
use load::{Figures, Load};
use support::{Host, HostOptions, component};

/// How often everything is measured.
const ROUNDS: usize = 3;
/// How long one measurement takes.
const MEASURE_FOR: Duration = Duration::from_secs(2);
/// How long a server is warmed up before a measurement.
const WARM_UP_FOR: Duration = Duration::from_millis(300);
const CONNECTIONS: usize = 32;
const ACTORS: [usize; 2] = [1, 1000];
const WAKES: usize = 500;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(floor) = args.first().and_then(|name| Floor::parse(name)) {
        return floor.serve();
    }
    let host = HostOptions::new([component("sql")]).args(["--log", "warn"]).start();
    inserts(&host);
    first_query(&host);
}

/// Compares inserts with appends to a log.
fn inserts(host: &Host) {
    // Version 4 of the protocol, then the arguments: a CBOR array of the number 1.
    let body = b"\x04\x00\x02\x81\x01";
    let address = host.url().trim_start_matches("http://").trim_end_matches('/');
    println!("inserts: {CONNECTIONS} connections, --durability sync, medians of {ROUNDS} rounds");
    let mut ratios = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let server = Floor::Log.start();
        let appends = run(&server.address, &[load::request(&server.address, "/", body)]);
        drop(server);
        show("append and sync", &appends);
        for (index, actors) in ACTORS.into_iter().enumerate() {
            let path = |number| host.actor("ledger", &format!("bench {number}")).path("insert");
            let requests: Vec<_> = (0..actors).map(|n| load::request(address, &path(n), body)).collect();
            let figures = run(address, &requests);
            show(&format!("insert, {actors} actors"), &figures);
            ratios[index].push(figures.calls_per_s / appends.calls_per_s);
        }
    }
    for (index, actors) in ACTORS.into_iter().enumerate() {
        ratios[index].sort_by(f64::total_cmp);
        println!("  insert, {actors} actors: {:.0} % of the floor", 100.0 * ratios[index][ROUNDS / 2]);
    }
    println!();
}

fn show(what: &str, Figures { calls_per_s, p50_us, p99_us, .. }: &Figures) {
    println!("  {what:26} {calls_per_s:>9.0} calls/s  p50 {p50_us:>7.0} us  p99 {p99_us:>7.0} us");
}

fn run(address: &str, requests: &[Vec<u8>]) -> Figures {
    // Every actor is awake before the clock runs.
    Load { connections: CONNECTIONS, requests, run_for: None }.run(address);
    Load { connections: CONNECTIONS, requests, run_for: Some(WARM_UP_FOR) }.run(address);
    Load { connections: CONNECTIONS, requests, run_for: Some(MEASURE_FOR) }.run(address)
}

/// Compares calls of an actor that sleeps, with a query and without, and calls of one that is awake.
fn first_query(host: &Host) {
    let mut caller = Caller::connect(host, "ledger");
    let [queried, silent, awake] = ["queried", "silent", "awake"];
    let ids = [queried, silent, awake].map(|key| {
        for _ in 0..20 {
            host.actor("ledger", key).output("insert", serde_json::json!([5]));
        }
        let found = host.http().get(&format!("/actors?namespace=default&name=ledger&key={key}")).json();
        found["actors"][0]["actor_id"].as_str().unwrap().to_owned()
    });
    let (mut with, mut without, mut live) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..WAKES {
        caller.sleep(&ids[0]);
        with.push(caller.call(queried, "newest"));
        caller.sleep(&ids[1]);
        without.push(caller.call(silent, "nothing"));
        live.push(caller.call(awake, "newest"));
    }
    println!("the first query of a sleeping actor: from request to answer, {WAKES} rounds, one connection");
    caller::show("  awake, a query", live);
    let without = caller::show("  asleep, no query", without);
    let with = caller::show("  asleep, a query", with);
    println!("  {:24} p50 {:>9.1} us", "what the query adds", with - without);
}
