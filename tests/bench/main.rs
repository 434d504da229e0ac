//! The host under load, beside floors measured in the same run.
//!
//! Load generator, host and floor servers are processes of their own on the same machine. The load
//! generator is hand-written on raw connections and runs on one thread, so that it costs little beside
//! what it measures. Floors and host take turns; each figure is the median of the rounds.

mod floor;
mod load;
mod memory;
mod report;
mod server;

use std::time::Duration;

use floor::Floor;
use load::{Figures, Load};
use report::Report;
use support::{Host, HostOptions, component, example};

/// How often everything is measured.
const ROUNDS: usize = 3;
/// How long one measurement takes.
const MEASURE_FOR: Duration = Duration::from_secs(2);
/// How long a server is warmed up before a measurement.
const WARM_UP_FOR: Duration = Duration::from_millis(300);
const CONNECTIONS: [usize; 2] = [1, 32];
const ACTORS: [usize; 2] = [1, 1000];
const LIVE_ACTORS: usize = 2000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(floor) = args.first().and_then(|name| Floor::parse(name)) {
        return floor.serve();
    }
    let mut report = Report::default();
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        measure(&mut report);
    }
    report.memory(memory::bytes_per_actor(&start_host(), LIVE_ACTORS));
    report.print();
}

fn start_host() -> Host {
    let args = ["--log", "warn", "--option", "maxQueueSize=100000"];
    HostOptions::new([example("counter"), component("queues")]).args(args).start()
}

/// Measures each floor, and right after it what is compared with it.
fn measure(report: &mut Report) {
    let host = start_host();
    for connections in CONNECTIONS {
        for (floor, action) in [(Floor::Echo, "get"), (Floor::Log, "increment")] {
            let server = floor.start();
            let requests = vec![load::request(&server.address, "/", b"\x04\x00\x02\x81\x01")];
            let figures = run(&server.address, connections, &requests);
            report.floor(floor, connections, figures);
            drop(server);
            for actors in ACTORS {
                let measured = run_host(&host, connections, &calls(&host, action, actors));
                report.host(floor, action, actors, connections, measured);
            }
            if floor == Floor::Log {
                let measured = run_host(&host, connections, &messages(&host, ACTORS[1]));
                report.host(floor, "send", ACTORS[1], connections, measured);
            }
        }
    }
}

/// Warms a server up, so that every actor is awake before the clock runs, and measures it.
fn run(address: &str, connections: usize, requests: &[Vec<u8>]) -> Figures {
    warm_up(address, connections, requests);
    Load { connections, requests, run_for: Some(MEASURE_FOR) }.run(address)
}

/// What the host has written to its files so far.
fn written_bytes(host: &Host) -> f64 {
    host.metric("rivet_store_written_bytes_total") as f64
}

fn warm_up(address: &str, connections: usize, requests: &[Vec<u8>]) {
    Load { connections, requests, run_for: None }.run(address);
    Load { connections, requests, run_for: Some(WARM_UP_FOR) }.run(address);
}

/// The same of the host, and how many bytes it wrote to the disk for each call.
fn run_host(host: &Host, connections: usize, requests: &[Vec<u8>]) -> (Figures, f64) {
    warm_up(&address(host), connections, requests);
    let before = written_bytes(host);
    let figures = Load { connections, requests, run_for: Some(MEASURE_FOR) }.run(&address(host));
    (figures, (written_bytes(host) - before) / figures.calls)
}

/// One request an actor, as a client with the encoding `bare` sends it.
fn calls(host: &Host, action: &str, actors: usize) -> Vec<Vec<u8>> {
    // Version 4, then the arguments: a CBOR array of none, or of the number 1.
    let body: &[u8] = if action == "get" { b"\x04\x00\x01\x80" } else { b"\x04\x00\x02\x81\x01" };
    let path = |number: usize| host.actor("counter", &format!("bench {number}")).path(action);
    (0..actors).map(|number| load::request(&address(host), &path(number), body)).collect()
}

/// One message an actor, for a queue that nobody reads.
fn messages(host: &Host, actors: usize) -> Vec<Vec<u8>> {
    // Version 4; the body, one byte of CBOR; neither a name nor a wait nor its time.
    let body = b"\x04\x00\x01\x01\x00\x00\x00";
    let path = |number: usize| host.actor("post-office", &format!("bench {number}")).place("/queue/letters");
    (0..actors).map(|number| load::request(&address(host), &path(number), body)).collect()
}

fn address(host: &Host) -> String {
    host.url().trim_start_matches("http://").trim_end_matches('/').to_owned()
}
