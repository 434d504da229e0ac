//! Metrics in the text format of Prometheus.

use std::fmt::{Display, Write};

use crate::actor::Vitals;

/// What the actors of a host are doing, as text (Prometheus exposition format 0.0.4).
pub fn prometheus(vitals: &Vitals) -> String {
    let mut text = Text::default();
    text.family("rivet_actors_resident", "gauge", "Actors that have an instance.");
    text.sample("rivet_actors_resident", None, vitals.live);
    text.family("rivet_actors_resident_max", "gauge", "Actors that may have an instance at a time.");
    text.sample("rivet_actors_resident_max", None, vitals.live_max);
    let help = "Memory that instances do not share, estimated.";
    text.family("rivet_actors_memory_bytes", "gauge", help);
    text.sample("rivet_actors_memory_bytes", None, vitals.memory_bytes);
    text.family("rivet_actors_awake", "gauge", "Actors kept awake, by cause; one may have several.");
    for (cause, count) in &vitals.awake {
        text.sample("rivet_actors_awake", Some(("cause", cause.name())), count);
    }
    text.family(
        "rivet_actors_idle",
        "gauge",
        "Actors that sleep as soon as they have been idle for long enough.",
    );
    text.sample("rivet_actors_idle", None, vitals.idle);
    text.family("rivet_actor_sleeps_total", "counter", "Actors that fell asleep, by reason.");
    for (reason, count) in &vitals.counts.sleeps {
        text.sample("rivet_actor_sleeps_total", Some(("reason", reason)), count);
    }
    text.family("rivet_actor_starts_total", "counter", "Instances that started, by what they began from.");
    for (origin, count) in &vitals.counts.starts {
        text.sample("rivet_actor_starts_total", Some(("origin", origin)), count);
    }
    let help = "Actors that fell asleep without their memory being kept.";
    text.family("rivet_actor_sleeps_without_memory_total", "counter", help);
    text.sample("rivet_actor_sleeps_without_memory_total", None, vitals.counts.sleeps_without_memory);
    text.family("rivet_snapshot_bytes_total", "counter", "Bytes of the snapshots that were written.");
    text.sample("rivet_snapshot_bytes_total", None, vitals.counts.snapshot_bytes);
    let store = &vitals.store;
    for (name, help, value) in [
        ("commits", "Turns that were written to the journal.", store.commits),
        ("groups", "Groups that they were written in.", store.groups),
        ("syncs", "Syncs of the journal.", store.syncs),
        ("journal_bytes", "Bytes of turns that were written to the journal.", store.journal_bytes),
        ("written_bytes", "Bytes that were written to all files of the store.", store.written_bytes),
        ("folds", "Folds of the journal into the database.", store.folds),
    ] {
        let name = format!("rivet_store_{name}_total");
        text.family(&name, "counter", help);
        text.sample(&name, None, value);
    }
    text.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, label: Option<(&str, &str)>, value: impl Display) {
        let _ = match label {
            Some((key, text)) => writeln!(self.0, "{name}{{{key}=\"{text}\"}} {value}"),
            None => writeln!(self.0, "{name} {value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Cause;

    #[test]
    fn causes_have_a_line_each() {
        let vitals =
            Vitals { live: 2, awake: vec![(Cause::Connection, 1), (Cause::Run, 0)], ..Vitals::default() };
        let text = prometheus(&vitals);
        assert!(text.contains("# TYPE rivet_actors_awake gauge\n"), "{text}");
        assert!(text.contains("rivet_actors_awake{cause=\"connection\"} 1\n"), "{text}");
        assert!(text.contains("rivet_actors_awake{cause=\"run\"} 0\n"), "{text}");
        assert!(text.contains("rivet_actors_resident 2\n"), "{text}");
    }
}
