//! The figures, side by side.

use std::collections::BTreeMap;

use crate::floor::Floor;
use crate::load::Figures;

/// All figures of a run.
#[derive(Default)]
pub struct Report {
    /// By name and connections; one entry a round.
    rows: BTreeMap<Row, Vec<Figures>>,
    /// What the host wrote to the disk for each call, in bytes.
    written_bytes: BTreeMap<Row, Vec<f64>>,
    bytes_per_actor: f64,
}

/// What was measured. Sorts into the order of the table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    connections: usize,
    floor: &'static str,
    /// The action and the number of actors; none for the floor itself.
    host: Option<(&'static str, usize)>,
}

impl Report {
    /// Adds a measurement of a floor.
    pub fn floor(&mut self, floor: Floor, connections: usize, figures: Figures) {
        self.add(Row { connections, floor: floor.name(), host: None }, figures);
    }

    /// Adds a measurement of the host, to be compared with a floor: with the bytes that it wrote for each call.
    pub fn host(
        &mut self,
        floor: Floor,
        action: &'static str,
        actors: usize,
        connections: usize,
        (figures, written_bytes): (Figures, f64),
    ) {
        let row = Row { connections, floor: floor.name(), host: Some((action, actors)) };
        self.written_bytes.entry(row.clone()).or_default().push(written_bytes);
        self.add(row, figures);
    }

    /// Sets the memory of a live actor.
    pub fn memory(&mut self, bytes_per_actor: f64) {
        self.bytes_per_actor = bytes_per_actor;
    }

    /// Prints the table.
    pub fn print(&self) {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        println!(
            "rivet-host, floors and load generator: separate processes on {cores} processors; --durability sync"
        );
        println!("medians of {} rounds; a ratio compares with the floor above it\n", crate::ROUNDS);
        println!(
            "{:<30} {:>5} {:>10} {:>10} {:>10} {:>7} {:>11}",
            "what", "conns", "calls/s", "p50 us", "p99 us", "ratio", "B/call"
        );
        for (row, rounds) in &self.rows {
            let figures = median(rounds);
            let floor = self.rows.get(&Row { host: None, ..row.clone() }).map(|rounds| median(rounds));
            let ratio = match (row.host, floor) {
                (Some(_), Some(floor)) => format!("{:.0} %", 100.0 * figures.calls_per_s / floor.calls_per_s),
                _ => String::new(),
            };
            let written = self.written_bytes.get(row).map(|rounds| format!("{:.0}", middle(rounds.clone())));
            let written = written.filter(|_| row.floor == Floor::Log.name()).unwrap_or_default();
            println!(
                "{:<30} {:>5} {:>10.0} {:>10.0} {:>10.0} {ratio:>7} {written:>11}",
                row.name(),
                row.connections,
                figures.calls_per_s,
                figures.p50_us,
                figures.p99_us
            );
        }
        println!("\nresident memory per live idle counter: {:.1} KiB", self.bytes_per_actor / 1024.0);
    }

    fn add(&mut self, row: Row, figures: Figures) {
        self.rows.entry(row).or_default().push(figures);
    }
}

impl Row {
    fn name(&self) -> String {
        match self.host {
            None => self.floor.to_owned(),
            Some((action, 1)) => format!("  {action}, one hot actor"),
            Some((action, actors)) => format!("  {action}, {actors} actors"),
        }
    }
}

fn median(rounds: &[Figures]) -> Figures {
    let middle = |value: fn(&Figures) -> f64| middle(rounds.iter().map(value).collect());
    Figures {
        calls_per_s: middle(|figures| figures.calls_per_s),
        calls: middle(|figures| figures.calls),
        p50_us: middle(|figures| figures.p50_us),
        p99_us: middle(|figures| figures.p99_us),
    }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
