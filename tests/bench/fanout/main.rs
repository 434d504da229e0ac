//! Events to many: what it takes until all of a crowd have heard an event, beside a floor measured in the same run.
//!
//! Load generator, host and floor are processes of their own on the same machine. The load generator is
//! hand-written on raw connections and runs on one thread. Floor and host take turns; each figure is the median of the
//! rounds.

mod crowd;
mod floor;
mod idle;
#[path = "../server.rs"]
mod server;
mod socket;

use std::time::Duration;

use crowd::{Crowd, Figures};
use floor::Floor;
use support::{Host, HostOptions, component, example};

/// How often everything is measured.
const ROUNDS: usize = 5;
/// How long one measurement takes.
const MEASURE_FOR: Duration = Duration::from_secs(2);
const WARM_UP_FOR: Duration = Duration::from_millis(300);
/// Who listens.
const LISTENERS: usize = 200;
/// Events that are on their way at a time when deliveries are counted. For the latency it is one.
const WINDOW: u64 = 16;
const IDLE_CONNECTIONS: usize = 5_000;

fn main() {
    if let Some(floor) = std::env::args().nth(1).and_then(|name| Floor::parse(&name)) {
        return floor.serve();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    let mut rows =
        [(Floor::Single.name(), Vec::new()), (Floor::Together.name(), Vec::new()), ("host", Vec::new())];
    for round in 1..=ROUNDS {
        eprintln!("round {round} of {ROUNDS}");
        for (floor, (_, figures)) in [Floor::Single, Floor::Together].into_iter().zip(&mut rows) {
            let server = floor.start();
            let measured = async { measure(Crowd::at_floor(&server.address).await).await };
            figures.push(tasks.block_on(&runtime, measured));
        }
        let host = HostOptions::new([component("links")]).args(["--log", "warn"]).start();
        let measured = async { measure(Crowd::at_host(&host).await).await };
        rows[2].1.push(tasks.block_on(&runtime, measured));
    }
    let host = HostOptions::new([example("counter")]).args(["--log", "warn"]).start();
    let bytes = tasks.block_on(&runtime, idle::bytes_per_connection(&host, IDLE_CONNECTIONS));
    print(&rows, bytes);
}

async fn measure(mut crowd: Crowd) -> Figures {
    crowd.deliver(WINDOW, WARM_UP_FOR).await;
    let deliveries_per_s = crowd.deliver(WINDOW, MEASURE_FOR).await;
    let mut times = crowd.time(MEASURE_FOR).await;
    times.sort_unstable();
    let at =
        |part: f64| times[((times.len() as f64 * part) as usize).min(times.len() - 1)].as_secs_f64() * 1e6;
    Figures { deliveries_per_s, p50_us: at(0.5), p99_us: at(0.99) }
}

fn median(rounds: &[Figures]) -> Figures {
    let middle = |value: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Figures {
        deliveries_per_s: middle(|figures| figures.deliveries_per_s),
        p50_us: middle(|figures| figures.p50_us),
        p99_us: middle(|figures| figures.p99_us),
    }
}

fn print(rows: &[(&str, Vec<Figures>)], bytes_per_connection: f64) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("one actor, {LISTENERS} listeners, events of {} bytes; {cores} processors", socket::EVENT.len());
    println!(
        "deliveries with {WINDOW} events on their way, times with one: from the call to the last delivery"
    );
    println!("medians of {ROUNDS} rounds; ratios compare with the first row");
    println!("floor-together writes the events of calls that came together at once\n");
    println!("{:<16} {:>14} {:>7} {:>10} {:>10}", "what", "deliveries/s", "ratio", "p50 us", "p99 us");
    let floor_per_s = median(&rows[0].1).deliveries_per_s;
    for (name, rounds) in rows {
        let figures = median(rounds);
        let ratio = 100.0 * figures.deliveries_per_s / floor_per_s;
        println!(
            "{name:<16} {:>14.0} {ratio:>5.0} % {:>10.0} {:>10.0}",
            figures.deliveries_per_s, figures.p50_us, figures.p99_us
        );
    }
    let kib = bytes_per_connection / 1024.0;
    println!("\nresident memory of the host per idle connection, of {IDLE_CONNECTIONS}: {kib:.1} KiB");
}

/// Where a host listens.
fn address(host: &Host) -> &str {
    host.url().trim_start_matches("http://").trim_end_matches('/')
}
